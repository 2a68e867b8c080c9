import { defineMethod, opaque } from './definition.js';
import { dropLayers, leastImportantFirst } from './drop-layers.js';
import { type Method, measuredValue } from './method.js';
import { checkProtection, protect, removableLayers } from './protected-blocks.js';

export interface ShortenedPplState {
  readonly depth: number;
  /** Mean next-token loss with one layer removed, of the layers measured so far, from the top layer down. */
  readonly losses: readonly number[];
}

/**
 * Shortened-LLM by perplexity (arXiv 2402.02834): the perplexity of the model without one layer, for each layer once; the n layers
 * missed least go at once. Protected layers are measured like the others but never removed. L forward passes; from the top
 * down, so that each starts where the one before left the dense model.
 */
export function shortenedPpl(options: {
  readonly targetLayers: number;
  readonly protect: boolean;
}): Method<ShortenedPplState> {
  const { targetLayers } = options;
  return {
    name: 'shortened-ppl',
    start: (depth) => ({ depth, losses: [] }),
    ask: ({ depth, losses }) => {
      const layer = depth - 1 - losses.length;
      if (layer < 0 || targetLayers === depth) return { kind: 'done' };
      return {
        kind: 'measure',
        plan: dropLayers(depth, [layer]),
        quantity: 'nll',
        window: { first: layer, last: layer },
      };
    },
    next: (state, answer) => ({ ...state, losses: [...state.losses, measuredValue(answer)] }),
    finish: ({ depth, losses }) => {
      const removable = new Set(removableLayers(depth, options.protect));
      const order = leastImportantFirst(losses.toReversed()).filter((layer) => removable.has(layer));
      return dropLayers(depth, order.slice(0, depth - targetLayers));
    },
    accepted: () => null,
    threshold: () => null,
  };
}

export const shortenedPplMethod = defineMethod({
  name: 'shortened-ppl',
  title: 'Shortened-LLM PPL',
  summary: 'Drops the layers whose removal, one at a time, raises perplexity least.',
  reference: 'arXiv 2402.02834',
  target: 'layers',
  options: { protect },
  check: (options, model) => checkProtection(options.protect, model),
  evaluations: (_, { depth, targetLayers }) => (targetLayers === depth ? 0 : depth),
  create: (options, targetLayers) => opaque(shortenedPpl({ targetLayers, protect: options.protect })),
});
