import { duration, words } from './format';

interface Progress {
  readonly done: number;
  readonly total?: number | null;
  readonly unit: string;
  readonly secondsLeft?: number | null;
  readonly note?: string | null;
}

interface Stage {
  readonly name: string;
  readonly state: string;
  readonly progress?: Progress | null;
}

/** What runs now and how far it is; null while nothing runs. */
export interface RunningStage {
  readonly name: string;
  /** Position among the stages that are wanted, from 1. */
  readonly position: number;
  readonly count: number;
  /** Part done of this stage, 0 to 1; null when unknown. */
  readonly share: number | null;
  /** "112 of 280 requests · scoring · about 1 min 14 s left". */
  readonly detail: string;
}

function detailOf({ done, total, unit, secondsLeft, note }: Progress): string {
  const counted = typeof total === 'number' ? `${done} of ${total} ${unit}` : `${done} ${unit}`;
  const left = typeof secondsLeft === 'number' ? `about ${duration(1000 * Math.max(1, secondsLeft))} left` : null;
  return [counted, note, left].filter(Boolean).join(' · ');
}

/** The stage that runs now, in words and as a share. */
export function runningStage(stages: readonly Stage[]): RunningStage | null {
  const wanted = stages.filter(({ state }) => state !== 'SKIPPED');
  const index = wanted.findIndex(({ state }) => state === 'RUNNING');
  const stage = wanted[index];
  if (!stage) return null;
  const { progress } = stage;
  const share = progress?.total ? Math.min(1, Math.max(0, progress.done / progress.total)) : null;
  return {
    name: words(stage.name),
    position: index + 1,
    count: wanted.length,
    share,
    detail: progress ? detailOf(progress) : '',
  };
}
