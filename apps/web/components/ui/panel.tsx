import type { ReactNode } from 'react';

/** A titled part of a page. `action` stands at the right of the title. */
export function Panel(props: {
  readonly title: string;
  readonly note?: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  const { title, note, action, children } = props;
  return (
    <section className="rounded-lg border border-line bg-surface p-4 shadow-sm" aria-label={title}>
      <div className="mb-2.5 flex flex-wrap items-baseline justify-between gap-x-3">
        <h2 className="font-semibold">{title}</h2>
        {note ? <p className="tabular text-sm text-quiet">{note}</p> : null}
        {action}
      </div>
      {children}
    </section>
  );
}

/** Names and values, one a line. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="tabular grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-quiet">{name}</dt>
          <dd className="break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A digest or a path: complete, and allowed to break anywhere. */
export function Code({ children }: { readonly children: ReactNode }) {
  return <code className="break-all text-xs">{children}</code>;
}
