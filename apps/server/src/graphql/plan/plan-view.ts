import { formatPlan, outputDepth, planJson, readPlanJson } from '@swm/core/plan';
import { LayerRecipeKind, type PlanType } from './plan.type.js';

const KINDS = { keep: LayerRecipeKind.KEEP, merge: LayerRecipeKind.MERGE, drop: LayerRecipeKind.DROP } as const;

/** A stored plan as the API shows it. */
export function planView(id: string, json: unknown): PlanType {
  const plan = readPlanJson(json);
  return {
    id,
    text: formatPlan(plan),
    json: planJson(plan),
    sourceDepth: plan.sourceDepth,
    outputDepth: outputDepth(plan),
    rule: plan.rule.name,
    recipes: plan.recipes.map(({ kind, first, last }) => ({ kind: KINDS[kind], first, last })),
  };
}
