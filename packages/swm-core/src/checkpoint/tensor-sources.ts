import { type Architecture, layerTensorName } from '../architecture/architecture.js';
import { isRewiring, type LayerPlan, outputLayers } from '../plan/index.js';
import { planDepthMismatch, unsupportedRule } from './checkpoint-errors.js';
import type { ModelConfig } from './model-source.js';

/**
 * For each weight of the model under `plan`, in model order: which source weight it is, unchanged. Layers are
 * renumbered; a merge takes projections from `projectionsFrom` and norms from `sideFrom` (methods.md 1.5). Throws
 * `MERGE.UNSUPPORTED_RULE` where the rule computes new weights and the plan merges.
 */
export function tensorSources(
  plan: LayerPlan,
  model: { readonly architecture: Architecture; readonly config: ModelConfig },
): Map<string, string> {
  const { architecture, config } = model;
  if (plan.sourceDepth !== config.depth) throw planDepthMismatch(plan.sourceDepth, config.depth);
  const hasMerge = plan.recipes.some(({ kind }) => kind === 'merge');
  if (hasMerge && !isRewiring(plan)) throw unsupportedRule(plan.rule.name, plan.rule.factor);
  const { embedding, finalNorm, head, projections, sides } = architecture;
  const sources = new Map([[embedding.name, embedding.name]]);
  for (const [layer, { projectionsFrom, sideFrom }] of outputLayers(plan).entries()) {
    const take = (name: string, from: number) =>
      sources.set(layerTensorName(architecture, layer, name), layerTensorName(architecture, from, name));
    for (const { name } of sides) take(name, sideFrom);
    for (const { name } of projections) take(name, projectionsFrom);
  }
  sources.set(finalNorm.name, finalNorm.name);
  if (!config.isTied) sources.set(head.name, head.name);
  return sources;
}
