import type { LayerPlan, MergeRule } from '../plan/index.js';
import { defineMethod, opaque } from './definition.js';
import { toDepth } from './depth-search.js';
import { mergeRuleOf, mergeRuleOptions } from './merge-rule-options.js';
import type { Ask } from './method.js';
import { invalidOption, optionField, tooFewLayers } from './method-errors.js';
import { choice, cosineThreshold, optional, wholeNumber } from './method-option.js';
import { byThreshold, type ThresholdSearch } from './threshold-search.js';
import { type LayerWindow, mergeWindows } from './windows.js';

/**
 * `released` is the published script, exactly: a window still open when the bottom is reached is lost.
 * `repaired` commits that last window.
 */
export type SwmProfile = 'released' | 'repaired';

/**
 * Where the next window begins after a commit. `below`: at the layer under the merged one, as released. `include-merged`: at the
 * merged layer, as the paper's figure draws it. A plan merges source layers, so that candidate is the one just refused, known
 * already: the window slides on and both give the same plan (methods.md 1.4).
 */
export type SwmRestart = 'below' | 'include-merged';

export interface SwmOptions {
  readonly profile: SwmProfile;
  readonly restart: SwmRestart;
  /** Layers at the bottom and at the top that are never merged; as released 0 and 1. */
  readonly protectFirst: number;
  readonly protectLast: number;
  readonly rule: MergeRule;
}

/**
 * The search's whole memory, in source layers. Layers below the open window are untouched, so the script's indices into
 * its shortened model and ours into the source model are the same numbers.
 */
export interface SwmState {
  readonly depth: number;
  /** Lowest layer of the window under test. Below the first unprotected layer when the search is over. */
  readonly low: number;
  /** Top layer of the window under test. */
  readonly high: number;
  /** Windows merged for good, from the top of the network down. */
  readonly committed: readonly LayerWindow[];
  /** Similarity of the last accepted candidate; null before the first. */
  readonly lastAccepted: number | null;
  /** Whether the last evaluation was accepted: only then is there an open window at the end. */
  readonly hasPassed: boolean;
  /** Restart `include-merged`, right after a commit: similarity of the merged layer with the one below it, refused a moment ago. */
  readonly refused?: number;
}

function start(depth: number, { protectLast }: SwmOptions): SwmState {
  const high = depth - 1 - protectLast;
  return { depth, low: high - 1, high, committed: [], lastAccepted: null, hasPassed: false };
}

/** The candidate under test; a window of one layer (right after a commit) is the committed model itself, known already. */
function ask(state: SwmState, { protectFirst, rule }: SwmOptions): Ask {
  const { depth, low, high, committed, lastAccepted, refused } = state;
  if (low < protectFirst) return { kind: 'done' };
  const window = { first: low, last: high };
  const others = refused === undefined ? committed : committed.slice(0, -1); // `window` holds the last one
  const plan = mergeWindows(depth, [window, ...others.toReversed()], rule);
  const known = refused ?? (low === high ? lastAccepted : null);
  return { kind: 'measure', plan, quantity: 'cosine', window, ...(known === null ? {} : { known }) };
}

/** One turn of the loop: grow the window, commit the one that last passed, or slide down one layer. Strictly s > T. */
function next(state: SwmState, similarity: number, threshold: number, { restart }: SwmOptions): SwmState {
  const { refused, ...known } = state;
  const { low, high, committed } = state;
  if (refused !== undefined) return { ...known, low: low - 1, high: low };
  if (low === high || similarity > threshold)
    return { ...state, low: low - 1, lastAccepted: similarity, hasPassed: true };
  if (low + 1 === high) return { ...state, low: low - 1, high: high - 1, hasPassed: false };
  const after = { ...state, committed: [...committed, { first: low + 1, last: high }], hasPassed: false };
  return restart === 'below' ? { ...after, high: low } : { ...after, refused: similarity };
}

/** The windows committed in the loop and, when repaired, the one still open at the bottom. */
function finish(state: SwmState, { profile, protectFirst, rule }: SwmOptions): LayerPlan {
  const { depth, high, committed, hasPassed, low } = state;
  const isOpen = profile === 'repaired' && low < protectFirst && hasPassed && high > protectFirst;
  const open = isOpen ? [{ first: protectFirst, last: high }] : [];
  return mergeWindows(depth, [...open, ...committed.toReversed()], rule);
}

/**
 * Sliding-Window Merging (arXiv 2502.19159, AAAI-26; the released SLM.py). At a threshold it takes (L-2) + commits evaluations
 * (fewer where more layers are protected), of which one a commit is known already and costs nothing. The threshold is a cosine
 * to the dense model's last hidden state; a candidate is accepted strictly above it.
 */
export function slidingWindowMerging(options: SwmOptions): ThresholdSearch<SwmState> {
  return {
    name: 'swm',
    start: (depth) => start(depth, options),
    ask: (state) => ask(state, options),
    next: (state, similarity, threshold) => next(state, similarity, threshold, options),
    finish: (state) => finish(state, options),
    accepted: ({ low, high, refused }, value, threshold) =>
      refused === undefined && (low === high || value > threshold),
  };
}

/** Throws `METHOD.INVALID_OPTION` where protection leaves no window, or too many layers. */
function checkSwm(
  { protectFirst, protectLast }: Pick<SwmOptions, 'protectFirst' | 'protectLast'>,
  { depth, targetLayers }: { readonly depth: number; readonly targetLayers: number | undefined },
): void {
  if (depth < 3)
    throw invalidOption(
      ['modelId'],
      `Sliding-Window Merging needs at least 3 layers; the model has ${depth}.`,
      'Choose a deeper model.',
    );
  const kept = protectFirst + protectLast;
  if (kept > depth - 2)
    throw invalidOption(
      optionField('swm', 'protectFirst'),
      `${kept} of ${depth} layers are protected; nothing is left to merge.`,
      `Protect at most ${depth - 2} layers in all.`,
    );
  if (targetLayers !== undefined && targetLayers <= kept)
    throw tooFewLayers(targetLayers, kept + 1, `${kept} layers are protected, and the others cannot vanish`);
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
    restart: choice(['below', 'include-merged'], {
      default: 'below',
      description:
        'Where the next window begins after a commit: below the merged layer, as released, or at it, as the figure draws it. Both give the same plan.',
    }),
    protectFirst: wholeNumber({
      min: 0,
      max: 4096,
      default: 0,
      description: 'Layers at the bottom that are never merged.',
    }),
    protectLast: wholeNumber({
      min: 0,
      max: 4096,
      default: 1,
      description: 'Layers at the top that are never merged.',
    }),
    ...mergeRuleOptions,
    threshold: optional(
      cosineThreshold({
        description: 'Cosine in (-1, 1]; a window is accepted strictly above it. Leave out when a target is given.',
      }),
    ),
  },
  check: checkSwm,
  // Commits add evaluations that are known already.
  evaluations: ({ protectFirst, protectLast }, { depth, targetLayers }) =>
    targetLayers === undefined ? depth - 1 - protectFirst - protectLast : null,
  create: ({ threshold, ...options }, targetLayers) => {
    const search = slidingWindowMerging({ ...options, rule: mergeRuleOf(options) });
    return targetLayers === undefined
      ? opaque(byThreshold(search, threshold ?? 1))
      : opaque(toDepth(search, targetLayers));
  },
});
