import type { Experiment } from '../../lib/api';
import { duration, words } from '../../lib/format';
import { type RunningStage, runningStage } from '../../lib/stage-summary';
import { lookOf } from '../ui/state-badge';

type Stage = Experiment['stages'][number];

const BARS: Readonly<Record<string, string>> = {
  DONE: 'bg-good',
  RUNNING: 'bg-accent',
  FAILED: 'bg-bad',
  CANCELLED: 'bg-warn',
};

/** What happened in a stage, in one line. */
function note({ state, durationMs, runs }: Stage): string {
  const took = typeof durationMs === 'number' ? duration(durationMs) : words(state);
  return runs > 1 ? `${took}, entered ${runs} times` : took;
}

function Step({ stage }: { readonly stage: Stage }) {
  const { tone, glyph } = lookOf(stage.state);
  return (
    <li data-stage={stage.name} data-state={stage.state} className="flex gap-3 py-1 lg:block lg:py-0">
      <div
        aria-hidden="true"
        className={`w-1 rounded-full lg:h-1 lg:w-full ${BARS[stage.state] ?? 'bg-line-strong'}`}
      />
      <div className="flex min-w-0 flex-1 items-baseline justify-between gap-2 lg:mt-2 lg:block">
        <p className="text-sm font-medium leading-5">
          <span aria-hidden="true" className={`mr-1 ${tone.split(' ')[1]}`}>
            {glyph}
          </span>
          <span className="inline-block first-letter:uppercase">{words(stage.name)}</span>
          <span className="sr-only">: {words(stage.state)}</span>
        </p>
        <p className="tabular text-xs text-quiet lg:mt-0.5">{note(stage)}</p>
      </div>
    </li>
  );
}

function Progress({ running }: { readonly running: RunningStage }) {
  const { name, position, count, share, detail } = running;
  return (
    <div className="mt-4" data-progress>
      <div className="tabular mb-1 flex flex-wrap justify-between gap-x-4 text-sm">
        <span>
          Stage {position} of {count}: {name}
        </span>
        <span className="text-quiet">{detail}</span>
      </div>
      <progress
        aria-label={`Progress of ${name}`}
        className="bar block h-2 w-full"
        {...(share === null ? {} : { value: share, max: 1 })}
      />
    </div>
  );
}

/** The pipeline from left to right (on a phone from top to bottom), with what runs now and how long it takes. */
export function Stages({ stages }: { readonly stages: readonly Stage[] }) {
  const running = runningStage(stages);
  return (
    <>
      <ol className="grid gap-x-2 lg:grid-cols-7">
        {stages.map((stage) => (
          <Step key={stage.name} stage={stage} />
        ))}
      </ol>
      {running ? <Progress running={running} /> : null}
      <p role="status" className="sr-only">
        {running
          ? `Stage ${running.position} of ${running.count}: ${running.name}${running.share === null ? '' : `, ${10 * Math.floor(10 * running.share)} percent`}`
          : ''}
      </p>
    </>
  );
}
