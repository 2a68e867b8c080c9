import type { ReactNode } from 'react';
import { LiveRefresh } from './live-refresh';

const TONES = {
  plain: 'border-line bg-surface',
  bad: 'border-bad bg-surface',
} as const;

/** A framed message: an empty, failed or unavailable state. */
export function Notice(props: {
  readonly title: string;
  readonly tone?: keyof typeof TONES;
  /** Level of its heading: h1 where it is the page. */
  readonly level?: 'h1' | 'h2';
  readonly children: ReactNode;
}) {
  const { title, tone = 'plain', level: Heading = 'h1', children } = props;
  return (
    <section className={`max-w-2xl rounded-lg border p-5 ${TONES[tone]}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Heading className="text-lg font-semibold">{title}</Heading>
      <div className="mt-1 text-quiet">{children}</div>
    </section>
  );
}

const CAUSES: Readonly<Record<string, { readonly title: string; readonly fix: ReactNode }>> = {
  'CLIENT.UNREACHABLE': {
    title: 'The API does not answer',
    fix: (
      <>
        Start the services with <code>npm start</code> in the repository. Experiments go on in the worker meanwhile.
      </>
    ),
  },
  'CLIENT.NO_TOKEN': {
    title: 'The API has not started yet',
    fix: (
      <>
        There is no local token. Start the services with <code>npm start</code>, with the same <code>SWM_HOME</code> for
        all of them.
      </>
    ),
  },
};

const OTHER = {
  title: 'The API refused or failed',
  fix: (
    <>
      Its log under <code>SWM_HOME/logs</code> says why.
    </>
  ),
};

/** What to do when the API gives no data; the page comes back by itself once it does. */
export function ApiDown({ code, level = 'h1' }: { readonly code: string; readonly level?: 'h1' | 'h2' }) {
  const { title, fix } = CAUSES[code] ?? OTHER;
  return (
    <Notice title={title} tone="bad" level={level}>
      <LiveRefresh everyMs={3000} />
      <p>{fix} This page tries again by itself.</p>
      <p className="mt-2 text-sm">
        <code>{code}</code>, explained in docs/errors.md
      </p>
    </Notice>
  );
}
