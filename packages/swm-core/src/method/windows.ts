import { createPlan, type LayerPlan, type LayerRecipe, type MergeRule } from '../plan/index.js';

/** A run of source layers, inclusive. */
export interface LayerWindow {
  readonly first: number;
  readonly last: number;
}

/** The plan that merges `windows` (ascending, disjoint; windows of one layer change nothing) and keeps the rest. */
export function mergeWindows(depth: number, windows: readonly LayerWindow[], rule?: MergeRule): LayerPlan {
  const recipes: LayerRecipe[] = [];
  let next = 0;
  for (const { first, last } of windows) {
    if (first === last) continue;
    if (first > next) recipes.push({ kind: 'keep', first: next, last: first - 1 });
    recipes.push({ kind: 'merge', first, last });
    next = last + 1;
  }
  if (next < depth) recipes.push({ kind: 'keep', first: next, last: depth - 1 });
  return createPlan({ sourceDepth: depth, recipes, ...(rule ? { rule } : {}) });
}
