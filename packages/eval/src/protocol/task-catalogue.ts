/** A task of the suite: what its figures mean. Names are those of lm-evaluation-harness; the list is an allow-list. */
export interface TaskDescription {
  readonly name: TaskName;
  readonly title: string;
  /** The metric that enters the mean, as in the paper (methods.md 4.1). */
  readonly headline: 'acc' | 'acc_norm';
  /** The metrics the harness gives. */
  readonly metrics: readonly ('acc' | 'acc_norm')[];
  /** Accuracy of guessing. */
  readonly chance: number;
  /** Which split of the stock task is evaluated. */
  readonly split: 'validation' | 'test';
  /** Questions of the official split. */
  readonly officialCount: number;
  /** Version of the stock task in the harness this platform runs. */
  readonly version: number;
}

export type TaskName = 'boolq' | 'piqa' | 'hellaswag' | 'winogrande' | 'arc_easy' | 'arc_challenge' | 'openbookqa';

const BOTH = ['acc', 'acc_norm'] as const;

export const TASKS: readonly TaskDescription[] = [
  {
    name: 'boolq',
    title: 'BoolQ',
    headline: 'acc',
    metrics: ['acc'],
    chance: 0.5,
    split: 'validation',
    officialCount: 3270,
    version: 2,
  },
  {
    name: 'piqa',
    title: 'PIQA',
    headline: 'acc',
    metrics: BOTH,
    chance: 0.5,
    split: 'validation',
    officialCount: 1838,
    version: 1,
  },
  {
    name: 'hellaswag',
    title: 'HellaSwag',
    headline: 'acc_norm',
    metrics: BOTH,
    chance: 0.25,
    split: 'validation',
    officialCount: 10_042,
    version: 1,
  },
  {
    name: 'winogrande',
    title: 'WinoGrande',
    headline: 'acc',
    metrics: ['acc'],
    chance: 0.5,
    split: 'validation',
    officialCount: 1267,
    version: 1,
  },
  {
    name: 'arc_easy',
    title: 'ARC-e',
    headline: 'acc',
    metrics: BOTH,
    chance: 0.25,
    split: 'test',
    officialCount: 2376,
    version: 1,
  },
  {
    name: 'arc_challenge',
    title: 'ARC-c',
    headline: 'acc_norm',
    metrics: BOTH,
    chance: 0.25,
    split: 'test',
    officialCount: 1172,
    version: 1,
  },
  {
    name: 'openbookqa',
    title: 'OBQA',
    headline: 'acc_norm',
    metrics: BOTH,
    chance: 0.25,
    split: 'test',
    officialCount: 500,
    version: 1,
  },
];

export const TASK_NAMES: readonly TaskName[] = TASKS.map(({ name }) => name);

/** The task of that name, or undefined. */
export const taskOf = (name: string): TaskDescription | undefined => TASKS.find((task) => task.name === name);
