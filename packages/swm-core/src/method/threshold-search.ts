import type { LayerPlan } from '../plan/index.js';
import { type Ask, type Method, measuredValue, type ThresholdInterval } from './method.js';

/** A search whose every decision is a comparison with one threshold, given with each answer. */
export interface ThresholdSearch<State> {
  readonly name: string;
  start(depth: number): State;
  /** `measure` or `done`. */
  ask(state: State): Ask;
  next(state: State, value: number, threshold: number): State;
  finish(state: State): LayerPlan;
  accepted(state: State, value: number, threshold: number): boolean;
}

/** Where no decision depends on the threshold: cosines lie in [-1, 1]. */
export const WHOLE_INTERVAL: ThresholdInterval = { low: -1, high: 1 };

/** What one more decision leaves of an interval. */
export const narrowed = ({ low, high }: ThresholdInterval, value: number, isAccepted: boolean): ThresholdInterval =>
  isAccepted ? { low, high: Math.min(high, value) } : { low: Math.max(low, value), high };

/** A search under way at one threshold, and the thresholds that would have led here. */
export interface AtThreshold<State> {
  readonly inner: State;
  readonly interval: ThresholdInterval;
}

/** One answer further. */
export function advanced<State>(
  search: ThresholdSearch<State>,
  { inner, interval }: AtThreshold<State>,
  value: number,
  threshold: number,
): AtThreshold<State> {
  return {
    inner: search.next(inner, value, threshold),
    interval: narrowed(interval, value, search.accepted(inner, value, threshold)),
  };
}

/** The search at a threshold the user gives. */
export function byThreshold<State>(search: ThresholdSearch<State>, threshold: number): Method<AtThreshold<State>> {
  return {
    name: search.name,
    start: (depth) => ({ inner: search.start(depth), interval: WHOLE_INTERVAL }),
    ask: ({ inner }) => search.ask(inner),
    next: (state, answer) => advanced(search, state, measuredValue(answer), threshold),
    finish: ({ inner }) => search.finish(inner),
    accepted: ({ inner }, value) => search.accepted(inner, value, threshold),
    threshold: () => threshold,
    thresholdInterval: ({ interval }) => interval,
  };
}
