/** How far a run is, from its log. `total` null before the harness knows. */
export interface LmEvalProgress {
  readonly phase: 'loading' | 'building' | 'scoring' | 'saving';
  readonly done: number;
  readonly total: number | null;
}

/** A tqdm bar: name, percent, done, total, elapsed, left, pace (lm-eval.md 1.4). */
const BAR = /^(?:(.+?): +)?(\d+)%\|[^|]*\| (\d+)\/(\d+) \[/;

/** Whether a line is a drawing of a progress bar, which no log needs. */
export const isProgressBar = (line: string): boolean => /\d+%\|/.test(line) || /\d+ examples \[\d\d:\d\d/.test(line);

/**
 * Reads progress off one line of stderr; undefined where it says nothing. All tasks share the one bar `Running loglikelihood requests`,
 * whose total is every choice of every question; the bars of tokenising and of building contexts are not the run's.
 */
export function readProgress(line: string): LmEvalProgress | undefined {
  if (/Initializing \S+ model/.test(line)) return { phase: 'loading', done: 0, total: null };
  if (/Building contexts for/.test(line)) return { phase: 'building', done: 0, total: null };
  if (/Saving results aggregated/.test(line)) return { phase: 'saving', done: 0, total: null };
  const bar = BAR.exec(line);
  if (bar?.[1] !== 'Running loglikelihood requests') return undefined;
  return { phase: 'scoring', done: Number(bar[3]), total: Number(bar[4]) };
}

/** Whether a line warns that a prompt was longer than the model's context and was cut from the left (one line a request). */
export const isTruncation = (line: string): boolean =>
  /Truncating \d+ tokens from the left|Left truncation applied/.test(line);
