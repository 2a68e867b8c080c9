import { CodedError } from '../errors.js';
import { formatPlan, identityPlan, outputDepth } from '../plan/index.js';
import { type Ask, type Method, measuredValue, type ThresholdInterval } from './method.js';
import { type AtThreshold, advanced, type ThresholdSearch, WHOLE_INTERVAL } from './threshold-search.js';

/** What the search finds at every threshold of an interval. */
export interface Outcome extends ThresholdInterval {
  /** Layers kept. */
  readonly layers: number;
  /** `formatPlan`. */
  readonly plan: string;
}

/**
 * The state of the search for a threshold. Every measured candidate is remembered (a candidate's similarity depends on its plan alone),
 * so another threshold costs only what no threshold before has seen.
 */
export interface ToDepthState<State> extends AtThreshold<State> {
  readonly depth: number;
  readonly threshold: number;
  /** Similarity by plan text. */
  readonly measured: Readonly<Record<string, number>>;
  /** What is known of thresholds, ascending and disjoint. */
  readonly outcomes: readonly Outcome[];
  readonly result: 'searching' | 'found' | 'unreachable';
}

/** Thresholds of which nothing is known yet, and the numbers of layers kept on both sides; null at the end of the scale. */
interface Gap extends ThresholdInterval {
  readonly below: number | null;
  readonly above: number | null;
}

/** A gap narrower than the rounding of similarities holds no threshold that anyone could name. */
const NARROWEST = 1e-9;
/** Measurements spent at most, per layer of the model: then the answer is the neighbours. */
const MEASUREMENTS_PER_LAYER = 12;

function gapsOf(outcomes: readonly Outcome[], depth: number): Gap[] {
  const gaps: Gap[] = [];
  let low = WHOLE_INTERVAL.low;
  let below: number | null = null;
  for (const outcome of outcomes) {
    gaps.push({ low, high: outcome.low, below, above: outcome.layers });
    low = outcome.high;
    below = outcome.layers;
  }
  // At threshold 1 nothing is accepted.
  gaps.push({ low, high: WHOLE_INTERVAL.high, below, above: depth });
  return gaps.filter((gap) => gap.high - gap.low > NARROWEST);
}

/** How many layers' worth a gap's sides miss the target by; 0 where it lies between them. */
function distance({ below, above }: Gap, target: number): number {
  const [low, high] = [below ?? 0, above ?? Number.POSITIVE_INFINITY];
  if (Math.min(low, high) <= target && target <= Math.max(low, high)) return 0;
  return Math.min(Math.abs(low - target), Math.abs(high - target));
}

/**
 * The gap to look into next. Mostly fewer layers are kept at lower thresholds, so those whose sides lie around the target come
 * first; but depth is not monotone in the threshold (methods.md 1.7), so the others follow, nearest first, wider before narrower.
 */
function nextGap(gaps: readonly Gap[], target: number): Gap | undefined {
  return [...gaps].sort((a, b) => distance(a, target) - distance(b, target) || b.high - b.low - (a.high - a.low))[0];
}

/** Runs the inner search as far as remembered similarities carry it. */
function carried<State>(search: ThresholdSearch<State>, state: ToDepthState<State>): ToDepthState<State> {
  let at: AtThreshold<State> = state;
  for (;;) {
    const ask = search.ask(at.inner);
    const known = ask.kind === 'measure' ? (ask.known ?? state.measured[formatPlan(ask.plan)]) : undefined;
    if (known === undefined) return { ...state, inner: at.inner, interval: at.interval };
    at = advanced(search, at, known, state.threshold);
  }
}

/** Closes finished runs and begins new ones, until a question is open or the answer known. */
function settled<State>(
  search: ThresholdSearch<State>,
  start: ToDepthState<State>,
  target: number,
): ToDepthState<State> {
  let state = carried(search, start);
  while (search.ask(state.inner).kind === 'done') {
    const plan = search.finish(state.inner);
    const outcome = { ...state.interval, layers: outputDepth(plan), plan: formatPlan(plan) };
    const outcomes = [...state.outcomes, outcome].sort((a, b) => a.low - b.low);
    if (outcome.layers === target) return { ...state, outcomes, result: 'found' };
    const gap = nextGap(gapsOf(outcomes, state.depth), target);
    const isSpent = Object.keys(state.measured).length >= MEASUREMENTS_PER_LAYER * state.depth;
    if (!gap || isSpent) return { ...state, outcomes, result: 'unreachable' };
    const threshold = middleOf(gap);
    const fresh = { inner: search.start(state.depth), interval: WHOLE_INTERVAL };
    state = carried(search, { ...state, ...fresh, outcomes, threshold });
  }
  return state;
}

/** The reachable numbers of layers next to the target, the dense model among them: with the thresholds that give them. */
function neighboursOf({ outcomes, depth }: ToDepthState<unknown>, target: number) {
  const dense: Outcome = { low: 1, high: 1, layers: depth, plan: formatPlan(identityPlan(depth)) };
  const nearest = (side: readonly Outcome[]): Outcome | null =>
    [...side].sort((a, b) => Math.abs(a.layers - target) - Math.abs(b.layers - target))[0] ?? null;
  return {
    below: nearest(outcomes.filter(({ layers }) => layers < target)),
    above: nearest([...outcomes, dense].filter(({ layers }) => layers > target)),
  };
}

/** `METHOD.TARGET_UNREACHABLE`: no threshold leaves that many layers. `details` has both neighbours. */
function unreachable(target: number, state: ToDepthState<unknown>): CodedError {
  const { below, above } = neighboursOf(state, target);
  const named = [below, above].flatMap((neighbour) => (neighbour ? [`${neighbour.layers}`] : []));
  return new CodedError({
    code: 'METHOD.TARGET_UNREACHABLE',
    message: `No threshold was found that leaves exactly ${target} of ${state.depth} layers on this model and calibration.`,
    fix: `Ask for a neighbour that can be reached: ${named.join(' or ')} layers.`,
    details: { below, above, outcomes: state.outcomes.length },
  });
}

/** Similarities are rarely negative: thresholds below 0 come last. */
const middleOf = ({ low, high }: ThresholdInterval): number => ((high > 0 ? Math.max(low, 0) : low) + high) / 2;

/**
 * The search to a number of layers kept. Thresholds are tried one after the other, each in the middle of what is not known yet: a run
 * tells what every threshold of an interval finds, exactly (see `ThresholdInterval`), so no threshold is tried twice and none is
 * missed by a step too coarse. Ends when the target is met, when nothing is left unknown, or after 12 measurements a layer;
 * `finish` then throws `METHOD.TARGET_UNREACHABLE` with the nearest numbers of layers on both sides.
 */
export function toDepth<State>(search: ThresholdSearch<State>, targetLayers: number): Method<ToDepthState<State>> {
  return {
    name: search.name,
    start: (depth) => {
      const isDense = targetLayers === depth;
      const start: ToDepthState<State> = {
        depth,
        threshold: isDense ? 1 : 0.5,
        ...{ inner: search.start(depth), interval: WHOLE_INTERVAL, measured: {}, outcomes: [] },
        result: isDense ? 'found' : 'searching',
      };
      return isDense ? start : settled(search, start, targetLayers);
    },
    ask: ({ result, inner }): Ask => (result === 'searching' ? search.ask(inner) : { kind: 'done' }),
    next: (state, answer) => {
      const ask = search.ask(state.inner);
      if (ask.kind !== 'measure') return state;
      const measured = { ...state.measured, [formatPlan(ask.plan)]: measuredValue(answer) };
      return settled(search, { ...state, measured }, targetLayers);
    },
    finish: (state) => {
      if (state.result === 'unreachable') throw unreachable(targetLayers, state);
      return targetLayers === state.depth ? identityPlan(state.depth) : search.finish(state.inner);
    },
    accepted: ({ inner, threshold }, value) => search.accepted(inner, value, threshold),
    threshold: ({ threshold }) => threshold,
    thresholdInterval: ({ interval, depth }) => (targetLayers === depth ? { low: 1, high: 1 } : interval),
  };
}
