import { CodedError } from '../errors.js';
import { formatPlan, outputDepth } from '../plan/index.js';
import type { Ask, Method } from './method.js';
import {
  askSwm,
  finishSwm,
  nextSwm,
  type SwmProfile,
  type SwmState,
  similarityOf,
  startSwm,
} from './sliding-window-merging.js';

/** Thresholds closer than this are one threshold (methods.md 1.7). */
export const THRESHOLD_RESOLUTION = 1e-3;

/** Bisection over the threshold. Every measured candidate is remembered, so a new threshold costs only what it sees first. */
export interface SwmToDepthState {
  readonly depth: number;
  /** A threshold that keeps too few layers, and how many. */
  readonly below: { readonly threshold: number; readonly layers: number | null };
  /** A threshold that keeps too many layers, and how many. */
  readonly above: { readonly threshold: number; readonly layers: number | null };
  readonly threshold: number;
  readonly inner: SwmState;
  /** Similarity by plan text: a candidate's similarity depends on its plan alone. */
  readonly measured: Readonly<Record<string, number>>;
  readonly outcome: 'searching' | 'found' | 'unreachable';
}

/** `METHOD.TARGET_UNREACHABLE`: no threshold leaves that many layers. */
const unreachable = (layers: number, state: SwmToDepthState): CodedError =>
  new CodedError({
    code: 'METHOD.TARGET_UNREACHABLE',
    message: `No threshold leaves exactly ${layers} of ${state.depth} layers on this model and calibration.`,
    fix: `Ask for a neighbour that can be reached: ${[state.below.layers, state.above.layers].filter((value) => value !== null).join(' or ')} layers.`,
    details: { below: state.below, above: state.above },
  });

/** Runs the inner search as far as remembered similarities carry it. */
function advance(state: SwmToDepthState): SwmToDepthState {
  let { inner } = state;
  for (;;) {
    const ask = askSwm(inner);
    if (ask.kind !== 'measure') return { ...state, inner };
    const similarity = ask.known ?? state.measured[formatPlan(ask.plan)];
    if (similarity === undefined) return { ...state, inner };
    inner = nextSwm(inner, similarity, state.threshold);
  }
}

/** Closes a finished inner search: found, or the next threshold, or no threshold left. Ends at an open question or an outcome. */
function settle(start: SwmToDepthState, layers: number, profile: SwmProfile): SwmToDepthState {
  let state = advance(start);
  while (askSwm(state.inner).kind === 'done') {
    const reached = outputDepth(finishSwm(state.inner, profile));
    if (reached === layers) return { ...state, outcome: 'found' };
    const end = { threshold: state.threshold, layers: reached };
    const below = reached < layers ? end : state.below;
    const above = reached > layers ? end : state.above;
    if (above.threshold - below.threshold < THRESHOLD_RESOLUTION)
      return { ...state, below, above, outcome: 'unreachable' };
    const threshold = (below.threshold + above.threshold) / 2;
    state = advance({ ...state, below, above, threshold, inner: startSwm(state.depth) });
  }
  return state;
}

/**
 * Sliding-Window Merging to a number of layers kept: the threshold is found by bisection on [0, 1] over memoised
 * measurements (methods.md 1.7). `finish` throws `METHOD.TARGET_UNREACHABLE`, naming the neighbours, when no threshold gives it.
 */
export function slidingWindowMergingToDepth(options: {
  readonly profile: SwmProfile;
  readonly targetLayers: number;
}): Method<SwmToDepthState> {
  const { profile, targetLayers } = options;
  return {
    name: 'swm',
    start: (depth) =>
      settle(
        {
          depth,
          below: { threshold: 0, layers: null },
          above: { threshold: 1, layers: depth },
          threshold: targetLayers === depth ? 1 : 0.5,
          inner: startSwm(depth),
          measured: {},
          outcome: targetLayers === depth ? 'found' : 'searching',
        },
        targetLayers,
        profile,
      ),
    ask: (state): Ask => (state.outcome === 'searching' ? askSwm(state.inner) : { kind: 'done' }),
    next: (state, answer) => {
      const ask = askSwm(state.inner);
      if (ask.kind !== 'measure') return state;
      const measured = { ...state.measured, [formatPlan(ask.plan)]: similarityOf(answer) };
      return settle({ ...state, measured }, targetLayers, profile);
    },
    finish: (state) => {
      if (state.outcome === 'unreachable') throw unreachable(targetLayers, state);
      if (targetLayers === state.depth) return finishSwm(startSwm(state.depth), 'released');
      return finishSwm(state.inner, profile);
    },
    accepted: (state, value) => value > state.threshold,
    threshold: (state) => state.threshold,
  };
}
