import { defineMethod, opaque } from './definition.js';
import { dropLayers, leastImportantFirst } from './drop-layers.js';
import type { Method } from './method.js';
import { checkProtection, protect, removableLayers } from './protected-blocks.js';

export interface ShortenedMagnitudeState {
  readonly depth: number;
  /** Layers by ascending sum of absolute weights; null before it is known. */
  readonly order: readonly number[] | null;
}

/** Shortened-LLM by magnitude (arXiv 2402.02834): drop the layers of smallest sum of absolute weights, norms included. Needs no data. */
export function shortenedMagnitude(options: {
  readonly targetLayers: number;
  readonly protect: boolean;
}): Method<ShortenedMagnitudeState> {
  const { targetLayers } = options;
  return {
    name: 'shortened-magnitude',
    start: (depth) => ({ depth, order: null }),
    ask: ({ depth, order }) => (order || targetLayers === depth ? { kind: 'done' } : { kind: 'magnitudes' }),
    next: (state, answer) => {
      if (answer.kind !== 'magnitudes') throw new TypeError(`expected magnitudes, got ${answer.kind}`);
      return { ...state, order: leastImportantFirst(answer.magnitudes) };
    },
    finish: ({ depth, order }) => {
      const removable = new Set(removableLayers(depth, options.protect));
      return dropLayers(depth, (order ?? []).filter((layer) => removable.has(layer)).slice(0, depth - targetLayers));
    },
    accepted: () => null,
    threshold: () => null,
  };
}

export const shortenedMagnitudeMethod = defineMethod({
  name: 'shortened-magnitude',
  title: 'Shortened-LLM Magnitude',
  summary: 'Drops the layers with the smallest weights; looks at no data.',
  reference: 'arXiv 2402.02834',
  target: 'layers',
  options: { protect },
  check: (options, model) => checkProtection(options.protect, model),
  create: (options, targetLayers) => opaque(shortenedMagnitude({ targetLayers, protect: options.protect })),
});
