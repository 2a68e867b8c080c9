import { createPlan, type LayerPlan, type LayerRecipe } from '../plan/index.js';
import type { Answer, Ask, Method } from './method.js';

/**
 * `released` is the published script, exactly: a window still open when the bottom is reached is lost.
 * `repaired` commits that last window.
 */
export type SwmProfile = 'released' | 'repaired';

export interface LayerWindow {
  readonly first: number;
  readonly last: number;
}

/**
 * The search's whole memory, in source layers. Layers below the open window are untouched, so the script's indices into
 * its shortened model and ours into the source model are the same numbers.
 */
export interface SwmState {
  readonly depth: number;
  /** Lowest layer of the window under test. -1 when the search is over. */
  readonly low: number;
  /** Top layer of the window under test. */
  readonly high: number;
  /** Windows merged for good, from the top of the network down. */
  readonly committed: readonly LayerWindow[];
  /** Similarity of the last accepted candidate; null before the first. */
  readonly lastAccepted: number | null;
  /** Whether the last evaluation was accepted: only then is there an open window at the end. */
  readonly hasPassed: boolean;
}

/** The plan that merges `windows` (from the top down, disjoint) and keeps the rest. */
export function planOfWindows(depth: number, windows: readonly LayerWindow[]): LayerPlan {
  const recipes: LayerRecipe[] = [];
  let next = 0;
  for (const { first, last } of windows.toReversed()) {
    if (first > next) recipes.push({ kind: 'keep', first: next, last: first - 1 });
    recipes.push({ kind: 'merge', first, last });
    next = last + 1;
  }
  if (next < depth) recipes.push({ kind: 'keep', first: next, last: depth - 1 });
  return createPlan({ sourceDepth: depth, recipes });
}

/** The top layer is never merged; the first window is the two layers below it. */
export function startSwm(depth: number): SwmState {
  return { depth, low: depth - 3, high: depth - 2, committed: [], lastAccepted: null, hasPassed: false };
}

/** The candidate under test; a window of one layer (right after a commit) is the committed model itself, known already. */
export function askSwm(state: SwmState): Ask {
  const { depth, low, high, committed, lastAccepted } = state;
  if (low < 0) return { kind: 'done' };
  const window = { first: low, last: high };
  const plan = planOfWindows(depth, low === high ? committed : [...committed, window]);
  const isKnown = low === high && lastAccepted !== null;
  return { kind: 'measure', plan, quantity: 'cosine', window, ...(isKnown ? { known: lastAccepted } : {}) };
}

/** One turn of the loop: grow the window, commit the one that last passed, or slide down one layer. Strictly s > T. */
export function nextSwm(state: SwmState, similarity: number, threshold: number): SwmState {
  const { low, high, committed } = state;
  if (low === high || similarity > threshold)
    return { ...state, low: low - 1, lastAccepted: similarity, hasPassed: true };
  if (low + 1 !== high) {
    return { ...state, high: low, committed: [...committed, { first: low + 1, last: high }], hasPassed: false };
  }
  return { ...state, low: low - 1, high: high - 1, hasPassed: false };
}

/** The windows committed in the loop and, when repaired, the one still open at the bottom. */
export function finishSwm(state: SwmState, profile: SwmProfile): LayerPlan {
  const { depth, high, committed, hasPassed, low } = state;
  const isOpen = low < 0 && hasPassed && high > 0;
  return planOfWindows(depth, profile === 'repaired' && isOpen ? [...committed, { first: 0, last: high }] : committed);
}

/** The number an answer carries; a method that asked for a measurement is given a value. */
export function similarityOf(answer: Answer): number {
  if (answer.kind !== 'value') throw new TypeError(`expected a value, got ${answer.kind}`);
  return answer.value;
}

/**
 * Sliding-Window Merging by threshold (arXiv 2502.19159, AAAI-26; the released SLM.py). It takes (L-2) + commits evaluations,
 * of which one a commit re-evaluates the committed model and costs nothing. `threshold`: cosine to the dense model's last
 * hidden state, a candidate is accepted strictly above it.
 */
export function slidingWindowMerging(options: {
  readonly profile: SwmProfile;
  readonly threshold: number;
}): Method<SwmState> {
  const { profile, threshold } = options;
  return {
    name: 'swm',
    start: startSwm,
    ask: askSwm,
    next: (state, answer) => nextSwm(state, similarityOf(answer), threshold),
    finish: (state) => finishSwm(state, profile),
    accepted: (state, value) => state.low === state.high || value > threshold,
    threshold: () => threshold,
  };
}
