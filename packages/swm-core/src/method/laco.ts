import { defineMethod, opaque } from './definition.js';
import { toDepth } from './depth-search.js';
import type { Ask } from './method.js';
import { invalidOption, optionField } from './method-errors.js';
import { cosineThreshold, optional, wholeNumber } from './method-option.js';
import { byThreshold, type ThresholdSearch } from './threshold-search.js';
import { type LayerWindow, mergeWindows } from './windows.js';

export interface LacoOptions {
  /** Layers of the current model that become one (C). */
  readonly span: number;
  /** Layers to step down after a merge (I). */
  readonly interval: number;
  readonly lowest: number;
  /** The first candidate begins `span` layers below this one; undefined: the depth. */
  readonly highest: number | undefined;
}

export interface LacoState {
  readonly depth: number;
  /** The current model's layers as runs of source layers, bottom up. A merged layer may be merged again: its run grows. */
  readonly layers: readonly LayerWindow[];
  /** Layer of the current model where the candidate under test begins. */
  readonly at: number;
  /** Similarity of the current model. */
  readonly similarity: number;
}

/** The current model with layers `at` … at+span-1 (fewer at the top) as one. */
function merged({ layers, at }: LacoState, span: number): readonly LayerWindow[] {
  const last = Math.min(at + span - 1, layers.length - 1);
  const [low, top] = [layers[at], layers[last]];
  if (!low || !top) throw new RangeError(`LaCo: layer ${at} of ${layers.length}`);
  return [...layers.slice(0, at), { first: low.first, last: top.last }, ...layers.slice(last + 1)];
}

function ask(state: LacoState, { span, lowest }: LacoOptions): Ask {
  const { depth, layers, at, similarity } = state;
  if (at < lowest) return { kind: 'done' };
  const candidate = merged(state, span);
  const window = candidate[at] ?? { first: at, last: at };
  const plan = mergeWindows(depth, candidate);
  const isKnown = candidate.length === layers.length; // nothing above it: the current model itself
  return { kind: 'measure', plan, quantity: 'cosine', window, ...(isKnown ? { known: similarity } : {}) };
}

function next(state: LacoState, similarity: number, threshold: number, options: LacoOptions): LacoState {
  const { span, interval } = options;
  if (!(similarity > threshold)) return { ...state, at: state.at - 1 };
  const layers = merged(state, span);
  const below = state.at - interval;
  return { ...state, layers, similarity, at: below < layers.length ? below : layers.length - 1 - span };
}

/**
 * LaCo (arXiv 2402.11187, its published notebook): from the top down, `span` layers of the current model become one wherever the
 * last hidden state stays above the threshold. The notebook's running sum telescopes (methods.md 1.5): a merged layer has the
 * projections of its top source layer and the norms of its lowest, also when it was merged before. So plans in source layers
 * are exact under `replace-top`. At most highest - span - lowest + 1 evaluations.
 */
export function laco(options: LacoOptions): ThresholdSearch<LacoState> {
  return {
    name: 'laco',
    start: (depth) => ({
      depth,
      layers: Array.from({ length: depth }, (_, layer) => ({ first: layer, last: layer })),
      at: (options.highest ?? depth) - options.span,
      similarity: 1,
    }),
    ask: (state) => ask(state, options),
    next: (state, similarity, threshold) => next(state, similarity, threshold, options),
    finish: ({ depth, layers }) => mergeWindows(depth, layers),
    accepted: (_, value, threshold) => value > threshold,
  };
}

const MAX_LAYERS = 4096;

export const lacoMethod = defineMethod({
  name: 'laco',
  title: 'LaCo',
  summary: 'Collapses a fixed number of layers into one, from the top down, wherever the result stays similar enough.',
  reference: 'arXiv 2402.11187',
  target: 'threshold-or-layers',
  options: {
    span: wholeNumber({ min: 2, max: MAX_LAYERS, default: 4, description: 'Layers that become one (C).' }),
    interval: wholeNumber({
      min: 1,
      max: MAX_LAYERS,
      default: 2,
      description: 'Layers to step down after a merge (I).',
    }),
    lowest: wholeNumber({ min: 0, max: MAX_LAYERS, default: 1, description: 'Lowest layer that may be merged.' }),
    highest: optional(
      wholeNumber({
        min: 2,
        max: MAX_LAYERS,
        description: 'The search begins `span` layers below it; left out: the number of layers.',
      }),
    ),
    threshold: optional(
      cosineThreshold({
        description: 'Cosine in (-1, 1]; a merge is accepted strictly above it. Leave out when a target is given.',
      }),
    ),
  },
  check: ({ span, lowest, highest = Number.POSITIVE_INFINITY }, { depth }) => {
    if (Number.isFinite(highest) && highest > depth)
      throw invalidOption(
        optionField('laco', 'highest'),
        `The model has ${depth} layers; the search cannot begin at ${highest}.`,
        `Give at most ${depth}, or leave it out.`,
      );
    const top = Math.min(highest, depth);
    if (span > top)
      throw invalidOption(
        optionField('laco', 'span'),
        `${span} layers do not fit below layer ${top}.`,
        `Give 2 to ${top}.`,
      );
    if (lowest > top - span)
      throw invalidOption(
        optionField('laco', 'lowest'),
        `No ${span} layers lie between ${lowest} and ${top}.`,
        `Give at most ${top - span}.`,
      );
  },
  create: ({ threshold, ...options }, targetLayers) => {
    const search = laco(options);
    return targetLayers === undefined
      ? opaque(byThreshold(search, threshold ?? 1))
      : opaque(toDepth(search, targetLayers));
  },
});
