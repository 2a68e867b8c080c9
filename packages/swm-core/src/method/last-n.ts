import type { LayerPlan } from '../plan/index.js';
import { defineMethod, opaque } from './definition.js';
import { dropLayers } from './drop-layers.js';
import type { Method } from './method.js';

/** The plan that drops the n layers before the final one. */
function planOf(depth: number, targetLayers: number): LayerPlan {
  const count = depth - targetLayers;
  return dropLayers(
    depth,
    Array.from({ length: count }, (_, offset) => depth - 1 - count + offset),
  );
}

/** Drops the layers just below the final one, whatever they do: the deterministic control (the simple variant of arXiv 2403.17887). */
export function lastN(options: { readonly targetLayers: number }): Method<{ readonly depth: number }> {
  return {
    name: 'last-n',
    start: (depth) => ({ depth }),
    ask: () => ({ kind: 'done' }),
    next: (state) => state,
    finish: ({ depth }) => planOf(depth, options.targetLayers),
    accepted: () => null,
    threshold: () => null,
  };
}

export const lastNMethod = defineMethod({
  name: 'last-n',
  title: 'Last n',
  summary: 'Drops the n layers before the final one, without looking: the deterministic control.',
  reference: 'arXiv 2403.17887, simple variant',
  target: 'layers',
  options: {},
  create: (_, targetLayers) => opaque(lastN({ targetLayers })),
});
