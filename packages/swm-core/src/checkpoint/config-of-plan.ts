import { type LayerPlan, outputLayers } from '../plan/index.js';
import type { ModelConfig } from './model-source.js';

/**
 * The settings of the model under `plan`, as they are read back from its exported config.json (but for `raw`). A merged layer attends
 * as the layer does whose projections it carries (methods.md 6).
 */
export function configOfPlan(config: ModelConfig, plan: LayerPlan): ModelConfig {
  const layerTypes = outputLayers(plan).map(({ projectionsFrom }) => {
    const type = config.layerTypes[projectionsFrom];
    if (!type) throw new RangeError(`configOfPlan: layer ${projectionsFrom} of a model with ${config.depth}`);
    return type;
  });
  const slidingWindow = layerTypes.includes('sliding') ? config.slidingWindow : null;
  return { ...config, depth: layerTypes.length, layerTypes, slidingWindow };
}
