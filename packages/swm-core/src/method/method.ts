import type { LayerStatistics, Quantity } from '../engine/engine.js';
import type { LayerPlan } from '../plan/index.js';

/** What a method wants to know next. */
export type Ask =
  | {
      readonly kind: 'measure';
      readonly plan: LayerPlan;
      readonly quantity: Quantity;
      /** The window under test, in source layers, for logs and pages. */
      readonly window: { readonly first: number; readonly last: number };
      /** Known already (a one-layer re-evaluation after a commit, or memoised): logged with `cached: true`, never measured. */
      readonly known?: number;
    }
  | { readonly kind: 'statistics' }
  | { readonly kind: 'magnitudes' }
  | { readonly kind: 'gradients' }
  | { readonly kind: 'done' };

export type Answer =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'statistics'; readonly statistics: LayerStatistics }
  /** Sum of absolute weights of each source layer. [L] */
  | { readonly kind: 'magnitudes'; readonly scores: readonly number[] }
  /** Sum of |w · dL/dw| of each source layer. [L] */
  | { readonly kind: 'gradients'; readonly scores: readonly number[] };

/**
 * Thresholds T with low <= T < high that decide every comparison of a search alike, and so find one plan: `low` is the highest
 * similarity that was refused (a candidate is accepted strictly above T), `high` the lowest that was accepted.
 */
export interface ThresholdInterval {
  readonly low: number;
  readonly high: number;
}

/** A pruning method: four pure functions. `State` is small JSON and *is* the resume cursor. */
export interface Method<State> {
  readonly name: string;
  start(depth: number): State;
  ask(state: State): Ask;
  next(state: State, answer: Answer): State;
  finish(state: State): LayerPlan;
  /** Whether the answer just given was accepted (s > T), for the log; null where the notion does not exist. */
  accepted(state: State, value: number): boolean | null;
  /** The threshold in force, for the log and the page; null where the method has none. */
  threshold(state: State): number | null;
  /** At the end: every threshold that finds the same plan by the same candidates. Only where there is a threshold. */
  thresholdInterval?(state: State): ThresholdInterval;
}

/** The number an answer carries; a method that asked for a measurement is given a value. */
export function measuredValue(answer: Answer): number {
  if (answer.kind !== 'value') throw new TypeError(`expected a value, got ${answer.kind}`);
  return answer.value;
}

/** What a candidate's number is: the similarity to the dense model, or exp of the mean next-token loss. */
export type CandidateQuantity = 'cosine' | 'perplexity';

/** One logged candidate of a search: a line of trace.jsonl and a point of the page's chart. */
export interface Candidate {
  readonly index: number;
  readonly first: number;
  readonly last: number;
  /** `formatPlan` of the candidate. */
  readonly plan: string;
  readonly quantity: CandidateQuantity;
  /** The number measured, in `quantity`. */
  readonly similarity: number;
  readonly accepted: boolean | null;
  readonly layerForwards: number;
  readonly cached: boolean;
}
