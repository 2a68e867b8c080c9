import { layerTensorName, layerTensors } from '../architecture/architecture.js';
import { identityPlan, type LayerPlan, outputDepth } from '../plan/index.js';
import type { StoredModel } from './open-model.js';
import { outputTensors } from './output-tensors.js';

/** Numbers of weights; a head tied to the embedding counts once. */
export interface ParameterCounts {
  readonly total: number;
  /** One entry an output layer, bottom up. */
  readonly perLayer: readonly number[];
}

/** Counts of the model under `plan` (default: as it is), from the shapes of its weights. */
export function parameterCounts(
  model: StoredModel,
  plan: LayerPlan = identityPlan(model.config.depth),
): ParameterCounts {
  const counts = new Map(
    outputTensors(plan, model).map(({ name, shape }) => [name, shape.reduce((product, size) => product * size, 1)]),
  );
  const perLayer = Array.from({ length: outputDepth(plan) }, (_, layer) =>
    layerTensors(model.architecture)
      .map(({ name }) => counts.get(layerTensorName(model.architecture, layer, name)) ?? 0)
      .reduce((sum, count) => sum + count, 0),
  );
  return { total: [...counts.values()].reduce((sum, count) => sum + count, 0), perLayer };
}
