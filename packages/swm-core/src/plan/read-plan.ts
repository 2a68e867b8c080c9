import type { LayerPlan } from './layer-plan.js';

/** One layer of the pruned model and where its tensors come from, in source layers. */
export interface OutputLayer {
  readonly window: { readonly first: number; readonly last: number };
  /** Source layer of the seven projection weights under a re-wiring rule; elsewhere the layer that is said to survive. */
  readonly projectionsFrom: number;
  /** Source layer of norms, biases and q/k norms. */
  readonly sideFrom: number;
}

/** Number of layers of the pruned model. */
export const outputDepth = (plan: LayerPlan): number =>
  plan.recipes.reduce(
    (sum, { kind, first, last }) => sum + (kind === 'keep' ? last - first + 1 : kind === 'merge' ? 1 : 0),
    0,
  );

/** Whether the plan leaves the model as it is. */
export const isIdentity = (plan: LayerPlan): boolean => outputDepth(plan) === plan.sourceDepth;

/**
 * Whether all weights of the pruned model are weights of the source, moved as they are, or some must be computed: factor 1 telescopes,
 * factor 0 keeps the low layer (methods.md 1.5).
 */
export const isRewiring = ({ rule: { name, factor } }: Pick<LayerPlan, 'rule'>): boolean =>
  factor === 0 || name === 'keep-low' || name === 'keep-top' || (name === 'replace-top' && factor === 1);

function mergedLayer(plan: LayerPlan, first: number, last: number): OutputLayer {
  const window = { first, last };
  switch (plan.rule.name) {
    case 'keep-low':
      return { window, projectionsFrom: first, sideFrom: first };
    case 'keep-top':
      return { window, projectionsFrom: last, sideFrom: last };
    default:
      return {
        window,
        projectionsFrom: plan.rule.factor === 0 ? first : last,
        sideFrom: plan.rule.sideFrom === 'low' ? first : last,
      };
  }
}

/** The layers of the pruned model, bottom up. Exact for re-wiring rules (`isRewiring`); others sum over `window` (merge/merged-layers.ts). */
export function outputLayers(plan: LayerPlan): readonly OutputLayer[] {
  return plan.recipes.flatMap(({ kind, first, last }) => {
    if (kind === 'drop') return [];
    if (kind === 'merge') return [mergedLayer(plan, first, last)];
    return Array.from({ length: last - first + 1 }, (_, offset) => {
      const layer = first + offset;
      return { window: { first: layer, last: layer }, projectionsFrom: layer, sideFrom: layer };
    });
  });
}

/** Source layers whose projections are gone: all of a drop, all but the surviving layer of a merge. Ascending. */
export function removedLayers(plan: LayerPlan): readonly number[] {
  const kept = new Set(outputLayers(plan).map(({ projectionsFrom }) => projectionsFrom));
  return Array.from({ length: plan.sourceDepth }, (_, layer) => layer).filter((layer) => !kept.has(layer));
}
