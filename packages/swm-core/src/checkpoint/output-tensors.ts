import { layerTensorName } from '../architecture/architecture.js';
import { mergedLayers, soleLayer, type Term, termsKey } from '../merge/merged-layers.js';
import type { LayerPlan } from '../plan/index.js';
import { planDepthMismatch } from './checkpoint-errors.js';
import { combinedSource } from './combined-source.js';
import { type StoredModel, type StoredTensor, storedTensor } from './open-model.js';

/** A weight of the pruned model: where its bytes are read, be they copied or computed. */
export interface OutputTensor extends StoredTensor {
  /** Names the bytes: the source weight's own name, or the sum that makes them. Equal origins have equal bytes. */
  readonly origin: string;
}

/**
 * Every weight of the model under `plan`, in model order. Layers are renumbered; a merged layer's projections are what the rule
 * makes of the window's, its norms those of `sideFrom` (methods.md 1.5). Nothing is read yet. Throws `CHECKPOINT.PLAN_DEPTH`.
 */
export function outputTensors(plan: LayerPlan, model: StoredModel): OutputTensor[] {
  const { architecture, config, tensors } = model;
  if (plan.sourceDepth !== config.depth) throw planDepthMismatch(plan.sourceDepth, config.depth);
  const { embedding, finalNorm, head, projections, sides } = architecture;
  const copied = (name: string, from: string): OutputTensor => ({ ...storedTensor(tensors, from), name, origin: from });
  const ofLayer = (layer: number, name: string) => layerTensorName(architecture, layer, name);
  const layers = mergedLayers(plan).flatMap(({ sideFrom, projections: terms }, layer) => {
    const sole = soleLayer(terms);
    return [
      ...sides.map(({ name }) => copied(ofLayer(layer, name), ofLayer(sideFrom, name))),
      ...projections.map(({ name }) =>
        sole === undefined
          ? computed(model, ofLayer(layer, name), name, terms)
          : copied(ofLayer(layer, name), ofLayer(sole, name)),
      ),
    ];
  });
  return [
    copied(embedding.name, embedding.name),
    ...layers,
    copied(finalNorm.name, finalNorm.name),
    ...(config.isTied ? [] : [copied(head.name, head.name)]),
  ];
}

/** A sum of one projection over source layers, stored as the window's top layer is. */
function computed(model: StoredModel, name: string, suffix: string, terms: readonly Term[]): OutputTensor {
  const parts = terms.map(({ layer, weight }) => ({
    tensor: storedTensor(model.tensors, layerTensorName(model.architecture, layer, suffix)),
    weight,
  }));
  const top = parts.at(-1)?.tensor;
  if (!top) throw new RangeError(`a merged layer without terms: ${name}`);
  const { dtype, shape, sizeBytes } = top;
  const source = combinedSource(name, parts, dtype, sizeBytes);
  return { name, dtype, shape, sizeBytes, source, offset: 0, origin: `${termsKey(terms)} ${suffix}` };
}
