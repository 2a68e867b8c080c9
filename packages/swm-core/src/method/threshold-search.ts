import { CodedError } from '../errors.js';
import { formatPlan, identityPlan, type LayerPlan, outputDepth } from '../plan/index.js';
import { type Ask, type Method, measuredValue } from './method.js';

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

/** The search at a threshold the user gives. */
export function byThreshold<State>(search: ThresholdSearch<State>, threshold: number): Method<State> {
  return {
    name: search.name,
    start: search.start,
    ask: search.ask,
    next: (state, answer) => search.next(state, measuredValue(answer), threshold),
    finish: search.finish,
    accepted: (state, value) => search.accepted(state, value, threshold),
    threshold: () => threshold,
  };
}

/** Thresholds closer than this are one threshold (methods.md 1.7). */
export const THRESHOLD_RESOLUTION = 1e-3;

/** Bisection over the threshold. Every measured candidate is remembered, so a new threshold costs only what it sees first. */
export interface ToDepthState<State> {
  readonly depth: number;
  /** A threshold that keeps too few layers, and how many. */
  readonly below: { readonly threshold: number; readonly layers: number | null };
  /** A threshold that keeps too many layers, and how many. */
  readonly above: { readonly threshold: number; readonly layers: number | null };
  readonly threshold: number;
  readonly inner: State;
  /** Similarity by plan text: a candidate's similarity depends on its plan alone. */
  readonly measured: Readonly<Record<string, number>>;
  readonly outcome: 'searching' | 'found' | 'unreachable';
}

/** `METHOD.TARGET_UNREACHABLE`: no threshold leaves that many layers. */
const unreachable = (layers: number, state: ToDepthState<unknown>): CodedError =>
  new CodedError({
    code: 'METHOD.TARGET_UNREACHABLE',
    message: `No threshold leaves exactly ${layers} of ${state.depth} layers on this model and calibration.`,
    fix: `Ask for a neighbour that can be reached: ${[state.below.layers, state.above.layers].filter((value) => value !== null).join(' or ')} layers.`,
    details: { below: state.below, above: state.above },
  });

/** Runs the inner search as far as remembered similarities carry it. */
function advance<State>(search: ThresholdSearch<State>, state: ToDepthState<State>): ToDepthState<State> {
  let { inner } = state;
  for (;;) {
    const ask = search.ask(inner);
    if (ask.kind !== 'measure') return { ...state, inner };
    const similarity = ask.known ?? state.measured[formatPlan(ask.plan)];
    if (similarity === undefined) return { ...state, inner };
    inner = search.next(inner, similarity, state.threshold);
  }
}

/** Closes a finished inner search: found, or the next threshold, or no threshold left. Ends at an open question or an outcome. */
function settle<State>(
  search: ThresholdSearch<State>,
  start: ToDepthState<State>,
  targetLayers: number,
): ToDepthState<State> {
  let state = advance(search, start);
  while (search.ask(state.inner).kind === 'done') {
    const layers = outputDepth(search.finish(state.inner));
    if (layers === targetLayers) return { ...state, outcome: 'found' };
    const end = { threshold: state.threshold, layers };
    const below = layers < targetLayers ? end : state.below;
    const above = layers > targetLayers ? end : state.above;
    if (above.threshold - below.threshold < THRESHOLD_RESOLUTION)
      return { ...state, below, above, outcome: 'unreachable' };
    const threshold = (below.threshold + above.threshold) / 2;
    state = advance(search, { ...state, below, above, threshold, inner: search.start(state.depth) });
  }
  return state;
}

/**
 * The search to a number of layers kept: the threshold is found by bisection on [0, 1] over memoised measurements
 * (methods.md 1.7). `finish` throws `METHOD.TARGET_UNREACHABLE`, naming the neighbours, when no threshold gives it.
 */
export function toDepth<State>(search: ThresholdSearch<State>, targetLayers: number): Method<ToDepthState<State>> {
  return {
    name: search.name,
    start: (depth) => {
      const isWhole = targetLayers === depth;
      const start: ToDepthState<State> = {
        depth,
        below: { threshold: 0, layers: null },
        above: { threshold: 1, layers: depth },
        threshold: isWhole ? 1 : 0.5,
        inner: search.start(depth),
        measured: {},
        outcome: isWhole ? 'found' : 'searching',
      };
      return isWhole ? start : settle(search, start, targetLayers);
    },
    ask: (state): Ask => (state.outcome === 'searching' ? search.ask(state.inner) : { kind: 'done' }),
    next: (state, answer) => {
      const ask = search.ask(state.inner);
      if (ask.kind !== 'measure') return state;
      const measured = { ...state.measured, [formatPlan(ask.plan)]: measuredValue(answer) };
      return settle(search, { ...state, measured }, targetLayers);
    },
    finish: (state) => {
      if (state.outcome === 'unreachable') throw unreachable(targetLayers, state);
      return targetLayers === state.depth ? identityPlan(state.depth) : search.finish(state.inner);
    },
    accepted: (state, value) => value > state.threshold,
    threshold: (state) => state.threshold,
  };
}
