import type { LayerPlan } from '../plan/index.js';
import { defineMethod, opaque } from './definition.js';
import type { Ask } from './method.js';
import { invalidOption } from './method-errors.js';
import { choice, cosineThreshold, optional } from './method-option.js';
import { byThreshold, type ThresholdSearch, toDepth } from './threshold-search.js';
import { type LayerWindow, mergeWindows } from './windows.js';

/**
 * `released` is the published script, exactly: a window still open when the bottom is reached is lost.
 * `repaired` commits that last window.
 */
export type SwmProfile = 'released' | 'repaired';

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

/** The top layer is never merged; the first window is the two layers below it. */
function start(depth: number): SwmState {
  return { depth, low: depth - 3, high: depth - 2, committed: [], lastAccepted: null, hasPassed: false };
}

/** The candidate under test; a window of one layer (right after a commit) is the committed model itself, known already. */
function ask(state: SwmState): Ask {
  const { depth, low, high, committed, lastAccepted } = state;
  if (low < 0) return { kind: 'done' };
  const window = { first: low, last: high };
  const plan = mergeWindows(depth, [window, ...committed.toReversed()]);
  const isKnown = low === high && lastAccepted !== null;
  return { kind: 'measure', plan, quantity: 'cosine', window, ...(isKnown ? { known: lastAccepted } : {}) };
}

/** One turn of the loop: grow the window, commit the one that last passed, or slide down one layer. Strictly s > T. */
function next(state: SwmState, similarity: number, threshold: number): SwmState {
  const { low, high, committed } = state;
  if (low === high || similarity > threshold)
    return { ...state, low: low - 1, lastAccepted: similarity, hasPassed: true };
  if (low + 1 !== high) {
    return { ...state, high: low, committed: [...committed, { first: low + 1, last: high }], hasPassed: false };
  }
  return { ...state, low: low - 1, high: high - 1, hasPassed: false };
}

/** The windows committed in the loop and, when repaired, the one still open at the bottom. */
function finish(state: SwmState, profile: SwmProfile): LayerPlan {
  const { depth, high, committed, hasPassed, low } = state;
  const isOpen = profile === 'repaired' && low < 0 && hasPassed && high > 0;
  return mergeWindows(depth, [...(isOpen ? [{ first: 0, last: high }] : []), ...committed.toReversed()]);
}

/**
 * Sliding-Window Merging (arXiv 2502.19159, AAAI-26; the released SLM.py). At a threshold it takes (L-2) + commits evaluations,
 * of which one a commit re-evaluates the committed model and costs nothing. The threshold is a cosine to the dense model's last
 * hidden state; a candidate is accepted strictly above it.
 */
export function slidingWindowMerging(options: { readonly profile: SwmProfile }): ThresholdSearch<SwmState> {
  return {
    name: 'swm',
    start,
    ask,
    next,
    finish: (state) => finish(state, options.profile),
    accepted: (state, value, threshold) => state.low === state.high || value > threshold,
  };
}

export const swmMethod = defineMethod({
  name: 'swm',
  title: 'Sliding-Window Merging',
  summary:
    'Merges windows of layers from the top down while the last hidden state stays closer than a threshold to the dense model’s.',
  reference: 'arXiv 2502.19159 (AAAI-26)',
  target: 'threshold-or-layers',
  options: {
    profile: choice(['released', 'repaired'], {
      default: 'repaired',
      description:
        'released: the published script, which loses a window still open at the bottom; repaired: commits it.',
    }),
    threshold: optional(
      cosineThreshold({
        description: 'Cosine in (-1, 1]; a window is accepted strictly above it. Leave out when a target is given.',
      }),
    ),
  },
  check: (_, { depth }) => {
    if (depth < 3)
      throw invalidOption(
        ['modelId'],
        `Sliding-Window Merging needs at least 3 layers; the model has ${depth}.`,
        'Choose a deeper model.',
      );
  },
  // Commits add evaluations that are known already.
  evaluations: (_, { depth, targetLayers }) => (targetLayers === undefined ? depth - 2 : null),
  create: ({ profile, threshold }, targetLayers) => {
    const search = slidingWindowMerging({ profile });
    return targetLayers === undefined
      ? opaque(byThreshold(search, threshold ?? 1))
      : opaque(toDepth(search, targetLayers));
  },
});
