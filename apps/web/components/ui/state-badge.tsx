import { words } from '../../lib/format';

interface Look {
  readonly tone: string;
  readonly glyph: string;
}

const WAITING: Look = { tone: 'border-line-strong text-quiet', glyph: '○' };

const LOOKS: Readonly<Record<string, Look>> = {
  SUCCEEDED: { tone: 'border-good text-good', glyph: '✓' },
  DONE: { tone: 'border-good text-good', glyph: '✓' },
  RUNNING: { tone: 'border-accent text-accent', glyph: '●' },
  FAILED: { tone: 'border-bad text-bad', glyph: '✕' },
  CANCELLED: { tone: 'border-warn text-warn', glyph: '–' },
};

export const lookOf = (state: string): Look => LOOKS[state] ?? WAITING;

/** A state in words, shape and colour. */
export function StateBadge({ state }: { readonly state: string }) {
  const { tone, glyph } = lookOf(state);
  return (
    <span
      data-state={state}
      className={`inline-flex items-center gap-1 whitespace-nowrap rounded-full border px-2 py-px align-middle text-xs font-medium leading-4 tracking-normal ${tone}`}
    >
      <span aria-hidden="true">{glyph}</span>
      {words(state)}
    </span>
  );
}
