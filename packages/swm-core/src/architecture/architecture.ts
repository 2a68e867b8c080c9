import type { ModelConfig } from '../checkpoint/model-source.js';

/**
 * One axis of a weight: **D** hidden, **F** mlp, **V** vocab, **H** head size, **NH** query heads x head size, **KH** kv heads x head size,
 * **QKV** = NH + 2 KH and **2F** the rows of fused projections.
 */
export type Axis = 'D' | 'F' | 'V' | 'H' | 'NH' | 'KH' | 'QKV' | '2F';

/** What a projection does; the fused ones hold the rows of their parts in this order: query, key, value; gate, up. */
export type ProjectionRole = 'query' | 'key' | 'value' | 'qkv' | 'output' | 'gate' | 'up' | 'gateUp' | 'down';

/**
 * What a side tensor does. `queryNorm` and `keyNorm` come before rotation, over a head [H] or over all heads [NH], [KH];
 * `attentionNorm` and `mlpNorm` come before attention and MLP, `attentionOutputNorm` and `mlpOutputNorm` after them, before the sum.
 */
export type SideRole =
  | 'queryBias'
  | 'keyBias'
  | 'valueBias'
  | 'queryNorm'
  | 'keyNorm'
  | 'attentionNorm'
  | 'attentionOutputNorm'
  | 'mlpNorm'
  | 'mlpOutputNorm';

/** A weight: its name (of a layer's weight: what follows the layer's prefix) and its shape. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly Axis[];
}

/** A layer's weight and what it does there. A role that a family lacks is a step that its forward pass does not have. */
export interface LayerTensorSpec<Role extends string> extends TensorSpec {
  readonly role: Role;
}

/** Which layers attend through a window where config.json has no `layer_types`; read-layer-types.ts computes them. */
export type LayerTypeRule =
  | 'full'
  | 'window-everywhere'
  | 'window-above-max-window-layers'
  | 'window-on-even-layers'
  | 'full-every-pattern';

/** How rotary frequencies may be stretched for longer texts. */
export type RopeType = 'default' | 'linear' | 'llama3';

/** A model family as data: what its weights are called and how its config.json is read (methods.md 6). */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly name: string;
  /** The causal model in `architectures` of config.json. */
  readonly modelClass: string;
  /** Followed by the layer's number and a dot. */
  readonly layerPrefix: string;
  /** Weights that a merge takes from `projectionsFrom`. */
  readonly projections: readonly LayerTensorSpec<ProjectionRole>[];
  /** Norms and biases: weights that a merge takes from `sideFrom`. */
  readonly sides: readonly LayerTensorSpec<SideRole>[];
  /** [V, D], first in the file. */
  readonly embedding: TensorSpec;
  /** [D], after the last layer. */
  readonly finalNorm: TensorSpec;
  /** [V, D]; not stored where the model ties it to the embedding. */
  readonly head: TensorSpec;
  /** Stored by old writers, recomputed by every reader: neither required nor copied. */
  readonly ignored: readonly RegExp[];
  /** What transformers' config class assumes where config.json is silent, in its keys: only what differs from Llama's. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly activationKey: 'hidden_act' | 'hidden_activation';
  /** Norms scale by (offset + weight). */
  readonly normOffset: 0 | 1;
  /** Scores are scaled by this setting ^ -0.5; null: by the head size ^ -0.5. */
  readonly attentionScaleKey: string | null;
  /** Settings of tanh caps that transformers applies, null where it has none. */
  readonly softcapKeys: { readonly attention: string | null; readonly logits: string | null };
  /** What embeddings are multiplied by: 1, or √D. */
  readonly embeddingScale: 'one' | 'sqrt-hidden';
  readonly layerTypeRule: LayerTypeRule;
  /** Whether transformers follows `layer_types`: then every export writes them out. */
  readonly followsLayerTypes: boolean;
  readonly ropeTypes: readonly RopeType[];
  /** Whether the family was only ever trained on texts that begin with BOS, and says little sensible without it. */
  readonly needsBos: boolean;
  /** Added tokens that may lie outside the embedding: places for what is no text, which a processor fills before the model sees them. */
  readonly placeholderTokens: readonly string[];
  /** Setting of the rotary base of windowed layers, where they have one of their own. */
  readonly slidingThetaKey: string | null;
}

/** Full name of a layer's weight, e.g. `model.layers.3.self_attn.q_proj.weight`. */
export function layerTensorName(architecture: Architecture, layer: number, name: string): string {
  return `${architecture.layerPrefix}${layer}.${name}`;
}

/** Every weight of one layer, sides first. */
export function layerTensors(architecture: Architecture): readonly LayerTensorSpec<ProjectionRole | SideRole>[] {
  return [...architecture.sides, ...architecture.projections];
}

/** A weight as another program is told of it. */
export interface SizedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The weights of a model by role: what an engine must know of a family. A tied head is absent. */
export interface TensorsByRole {
  readonly model: Readonly<Record<string, SizedTensor>>;
  readonly layerPrefix: string;
  /** Names follow the prefix, the layer's number and a dot. */
  readonly layer: Readonly<Record<string, SizedTensor>>;
}

/** Every weight of `config`'s model by role, with its shape. */
export function tensorsByRole(architecture: Architecture, config: ModelConfig): TensorsByRole {
  const sizes = axisSizes(config);
  const sized = ({ name, shape }: TensorSpec): SizedTensor => ({ name, shape: shape.map((axis) => sizes[axis]) });
  const { layerPrefix, embedding, finalNorm, head } = architecture;
  return {
    model: {
      ...{ embedding: sized(embedding), finalNorm: sized(finalNorm) },
      ...(config.isTied ? {} : { head: sized(head) }),
    },
    layerPrefix,
    layer: Object.fromEntries(layerTensors(architecture).map((spec) => [spec.role, sized(spec)])),
  };
}

/** Every weight a complete checkpoint holds, in model order, with its shape. */
export function expectedTensors(architecture: Architecture, config: ModelConfig): Map<string, readonly number[]> {
  const sizes = axisSizes(config);
  const shapeOf = ({ shape }: TensorSpec) => shape.map((axis) => sizes[axis]);
  const { embedding, finalNorm, head } = architecture;
  const expected = new Map([[embedding.name, shapeOf(embedding)]]);
  for (let layer = 0; layer < config.depth; layer += 1) {
    for (const spec of layerTensors(architecture))
      expected.set(layerTensorName(architecture, layer, spec.name), shapeOf(spec));
  }
  expected.set(finalNorm.name, shapeOf(finalNorm));
  if (!config.isTied) expected.set(head.name, shapeOf(head));
  return expected;
}

function axisSizes({ hiddenSize, mlpSize, vocabSize, headSize, queryHeads, kvHeads }: ModelConfig) {
  return {
    D: hiddenSize,
    F: mlpSize,
    V: vocabSize,
    H: headSize,
    NH: queryHeads * headSize,
    KH: kvHeads * headSize,
    QKV: (queryHeads + 2 * kvHeads) * headSize,
    '2F': 2 * mlpSize,
  } satisfies Readonly<Record<Axis, number>>;
}
