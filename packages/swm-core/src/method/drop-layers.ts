import { createPlan, type LayerPlan, type LayerRecipe } from '../plan/index.js';

/** The plan that drops these source layers and keeps the rest. */
export function dropLayers(depth: number, layers: Iterable<number>): LayerPlan {
  const dropped = new Set(layers);
  const recipes = Array.from({ length: depth }, (_, layer): LayerRecipe => {
    return { kind: dropped.has(layer) ? 'drop' : 'keep', first: layer, last: layer };
  });
  return createPlan({ sourceDepth: depth, recipes });
}

/** Layers by ascending importance, ties by ascending layer; `importance[layer]`. */
export const leastImportantFirst = (importance: readonly number[]): number[] =>
  importance
    .map((value, layer) => ({ value, layer }))
    .sort((a, b) => a.value - b.value || a.layer - b.layer)
    .map(({ layer }) => layer);
