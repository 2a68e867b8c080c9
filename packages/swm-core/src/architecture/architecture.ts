import type { ModelConfig } from '../checkpoint/model-source.js';

/**
 * One axis of a weight: **D** hidden, **F** mlp, **V** vocab, **NH** query heads x head size, **KH** kv heads x head size.
 */
export type Axis = 'D' | 'F' | 'V' | 'NH' | 'KH';

/** A weight: its name (of a layer's weight: what follows the layer's prefix) and its shape. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly Axis[];
}

/** A model family as data: what its weights are called and which settings of config.json count (methods.md 6). */
export interface Architecture {
  readonly name: string;
  /** Followed by the layer's number and a dot. */
  readonly layerPrefix: string;
  /** Weights that a merge takes from `projectionsFrom`. */
  readonly projections: readonly TensorSpec[];
  /** Norms (elsewhere also biases): weights that a merge takes from `sideFrom`. */
  readonly sides: readonly TensorSpec[];
  /** [V, D], first in the file. */
  readonly embedding: TensorSpec;
  /** [D], after the last layer. */
  readonly finalNorm: TensorSpec;
  /** [V, D]; not stored where the model ties it to the embedding. */
  readonly head: TensorSpec;
  /** Stored by old writers, recomputed by every reader: neither required nor copied. */
  readonly ignored: readonly RegExp[];
  /** config.json key of the number of layers. */
  readonly depthKey: string;
  /** config.json lists with one entry a layer; an output layer takes the entry of `projectionsFrom`. */
  readonly perLayerKeys: readonly string[];
  /** Validates config.json; throws `ARCHITECTURE.*`. */
  readConfig(raw: Readonly<Record<string, unknown>>): ModelConfig;
  /** Every setting that changes what the model computes, defaults written out: part of `weightsDigest`. */
  functionSettings(config: ModelConfig): Readonly<Record<string, string | number | boolean | null>>;
}

/** Full name of a layer's weight, e.g. `model.layers.3.self_attn.q_proj.weight`. */
export function layerTensorName(architecture: Architecture, layer: number, name: string): string {
  return `${architecture.layerPrefix}${layer}.${name}`;
}

/** Every weight a complete checkpoint holds, in model order, with its shape. */
export function expectedTensors(architecture: Architecture, config: ModelConfig): Map<string, readonly number[]> {
  const sizes = axisSizes(config);
  const shapeOf = ({ shape }: TensorSpec) => shape.map((axis) => sizes[axis]);
  const { embedding, projections, sides, finalNorm, head } = architecture;
  const expected = new Map([[embedding.name, shapeOf(embedding)]]);
  for (let layer = 0; layer < config.depth; layer += 1) {
    for (const spec of [...sides, ...projections]) {
      expected.set(layerTensorName(architecture, layer, spec.name), shapeOf(spec));
    }
  }
  expected.set(finalNorm.name, shapeOf(finalNorm));
  if (!config.isTied) expected.set(head.name, shapeOf(head));
  return expected;
}

function axisSizes(config: ModelConfig): Readonly<Record<Axis, number>> {
  return {
    D: config.hiddenSize,
    F: config.mlpSize,
    V: config.vocabSize,
    NH: config.queryHeads * config.headSize,
    KH: config.kvHeads * config.headSize,
  };
}
