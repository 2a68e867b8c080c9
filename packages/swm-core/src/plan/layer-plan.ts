/** What becomes of a run of source layers. Indices are 0-based, inclusive, always of the source model. */
export interface LayerRecipe {
  readonly kind: 'keep' | 'merge' | 'drop';
  readonly first: number;
  readonly last: number;
}

/** How the layers of a `merge` become one layer (methods.md 1.5). */
export type MergeRuleName = 'replace-top' | 'sum-of-differences' | 'mean' | 'keep-low' | 'keep-top';

export interface MergeRule {
  readonly name: MergeRuleName;
  readonly factor: number;
  /** Which layer of the window gives norms, biases and q/k norms. */
  readonly sideFrom: 'low' | 'top';
}

/** The single currency: a frozen, validated, hashable description of a depth-pruned model. */
export interface LayerPlan {
  readonly version: 1;
  readonly sourceDepth: number;
  readonly rule: MergeRule;
  readonly recipes: readonly LayerRecipe[];
}

export const RELEASED_RULE: MergeRule = Object.freeze({ name: 'replace-top', factor: 1, sideFrom: 'low' });
