import { createPlan, type LayerRecipe } from '../plan/index.js';
import type { Method } from './method.js';

export interface ShortGptState {
  readonly depth: number;
  readonly blockInfluence: readonly number[] | null;
}

/**
 * ShortGPT (arXiv 2403.03853): drop the layers of lowest block influence, 1 - mean over tokens of cos(input, output),
 * measured once on the dense model, hooked before the final norm. No layer is protected; ties drop the lower layer first.
 */
export function shortGpt(options: { readonly targetLayers: number }): Method<ShortGptState> {
  return {
    name: 'short-gpt',
    start: (depth) => ({ depth, blockInfluence: null }),
    ask: (state) => (state.blockInfluence ? { kind: 'done' } : { kind: 'statistics' }),
    next: (state, answer) => {
      if (answer.kind !== 'statistics') throw new TypeError(`expected statistics, got ${answer.kind}`);
      return { ...state, blockInfluence: answer.statistics.blockInfluence };
    },
    finish: ({ depth, blockInfluence }) => {
      const influence = blockInfluence ?? [];
      const order = influence
        .map((value, layer) => ({ value, layer }))
        .sort((a, b) => a.value - b.value || a.layer - b.layer);
      const dropped = new Set(order.slice(0, depth - options.targetLayers).map(({ layer }) => layer));
      const recipes = Array.from({ length: depth }, (_, layer): LayerRecipe => {
        return { kind: dropped.has(layer) ? 'drop' : 'keep', first: layer, last: layer };
      });
      return createPlan({ sourceDepth: depth, recipes });
    },
    accepted: () => null,
    threshold: () => null,
  };
}
