import { type LayerPlan, type MergeRule, type OutputLayer, outputLayers } from '../plan/index.js';

/** A source layer's share in a merged one. */
export interface Term {
  readonly layer: number;
  readonly weight: number;
}

/** One layer of the pruned model, whatever the rule. */
export interface MergedLayer extends OutputLayer {
  /** Its projections are the sum of these, ascending; one term of weight 1 is a source layer's as they are. Norms come from `sideFrom`. */
  readonly projections: readonly Term[];
}

/**
 * The weight of layer `layer` in the window first … last (methods.md 1.5), f the rule's factor, m + 1 the number of layers:
 * `replace-top` runs W ← W + f (W_k - W) from the low layer up, as the released code does; `sum-of-differences` is
 * W_low + f Σ (W_k - W_low), the published equation; `mean` is W_low + f (mean - W_low).
 */
function weightOf({ name, factor }: MergeRule, first: number, last: number, layer: number): number {
  const above = last - first;
  const isLow = layer === first;
  switch (name) {
    case 'keep-low':
      return isLow ? 1 : 0;
    case 'keep-top':
      return layer === last ? 1 : 0;
    case 'replace-top':
      return (1 - factor) ** (last - layer) * (isLow ? 1 : factor);
    case 'sum-of-differences':
      return isLow ? 1 - factor * above : factor;
    case 'mean':
      return (isLow ? 1 - factor : 0) + factor / (above + 1);
  }
}

/** The layers of the pruned model, bottom up, exact for every rule. */
export function mergedLayers(plan: LayerPlan): readonly MergedLayer[] {
  return outputLayers(plan).map((layer) => {
    const { first, last } = layer.window;
    if (first === last) return { ...layer, projections: [{ layer: first, weight: 1 }] };
    const projections = Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
      .map((member) => ({ layer: member, weight: weightOf(plan.rule, first, last, member) }))
      .filter(({ weight }) => weight !== 0);
    return { ...layer, projections };
  });
}

/** The source layer that terms name as it is; undefined where they need arithmetic. */
export function soleLayer(terms: readonly Term[]): number | undefined {
  const [only] = terms;
  return terms.length === 1 && only?.weight === 1 ? only.layer : undefined;
}

/** Text that two sums share only if they are equal: `3`, or `0.5*2+0.5*3`. */
export const termsKey = (terms: readonly Term[]): string =>
  soleLayer(terms) === undefined
    ? terms.map(({ layer, weight }) => `${weight}*${layer}`).join('+')
    : String(soleLayer(terms));
