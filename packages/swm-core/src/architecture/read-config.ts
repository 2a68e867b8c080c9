import type { ModelConfig } from '../checkpoint/model-source.js';
import type { Architecture } from './architecture.js';
import { invalidConfig, unsupportedArchitecture } from './architecture-errors.js';
import { type RawConfig, readCount, readFlag, readOptional, readPositive, show } from './config-fields.js';
import { readLayerTypes, readSlidingWindow } from './read-layer-types.js';
import { readRope } from './read-rope.js';

/** Bounds far above any real model: what follows from config.json must not exhaust memory. */
const MAX_DEPTH = 4096;
const MAX_SIZE = 1 << 24;

/** Lists that may be as long as the model is deep without being about layers. */
const NOT_PER_LAYER = new Set([
  'architectures',
  'eos_token_id',
  'suppress_tokens',
  'begin_suppress_tokens',
  'layer_types', // read, and sliced by every export
]);

/** `hidden_act` of config.json and what it computes. */
const ACTIVATIONS: ReadonlyMap<unknown, ModelConfig['activation']> = new Map([
  ['silu', 'silu'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
]);

/**
 * The settings of a model of that family. Throws `ARCHITECTURE.*`: a setting that would be computed wrongly is refused, never
 * passed over. Where config.json is silent, what transformers' config class assumes counts.
 */
export function readConfig(architecture: Architecture, raw: RawConfig): ModelConfig {
  const settings = { ...architecture.defaults, ...raw };
  refuseOtherKinds(settings);
  const depth = readCount(settings, 'num_hidden_layers', MAX_DEPTH);
  checkPerLayerLists(raw, depth);
  const sizes = readSizes(settings);
  const layerTypes = readLayerTypes(architecture, settings, depth);
  return {
    architecture: architecture.name,
    depth,
    ...sizes,
    rmsNormEps: readPositive(settings, 'rms_norm_eps', 1e-6),
    normOffset: architecture.normOffset,
    activation: readActivation(settings, architecture.activationKey),
    attentionScale: readAttentionScale(architecture, settings, sizes.headSize),
    ...readSoftcaps(architecture, settings),
    embeddingScale: architecture.embeddingScale === 'one' ? 1 : Math.sqrt(sizes.hiddenSize),
    layerTypes,
    slidingWindow: readSlidingWindow(settings, layerTypes),
    ...readRope(architecture, raw, sizes.headSize),
    isTied: readFlag(settings, 'tie_word_embeddings'),
    raw,
  };
}

function readSizes(settings: RawConfig) {
  const hiddenSize = readCount(settings, 'hidden_size', MAX_SIZE);
  const queryHeads = readCount(settings, 'num_attention_heads', MAX_SIZE);
  const kvHeads = readCount(settings, 'num_key_value_heads', MAX_SIZE, queryHeads);
  if (queryHeads % kvHeads !== 0)
    throw invalidConfig('num_key_value_heads', `${kvHeads} does not divide ${queryHeads} heads`);
  if ((settings.head_dim ?? null) === null && hiddenSize % queryHeads !== 0) {
    throw invalidConfig('num_attention_heads', `${queryHeads} does not divide hidden_size ${hiddenSize}`);
  }
  const headSize = readCount(settings, 'head_dim', MAX_SIZE, hiddenSize / queryHeads);
  if (headSize % 2 !== 0) throw invalidConfig('head_dim', `${headSize} is odd, which rotary embeddings do not allow`);
  const mlpSize = readCount(settings, 'intermediate_size', MAX_SIZE);
  return { hiddenSize, queryHeads, kvHeads, headSize, mlpSize, vocabSize: readCount(settings, 'vocab_size', MAX_SIZE) };
}

function refuseOtherKinds(settings: RawConfig): void {
  if ((settings.quantization_config ?? null) !== null)
    throw unsupportedArchitecture('its weights are quantised (quantization_config)');
  for (const key of ['attention_bias', 'mlp_bias']) {
    if (readFlag(settings, key)) throw unsupportedArchitecture(`its projections have biases (${key})`);
  }
  if (readFlag(settings, 'use_bidirectional_attention'))
    throw unsupportedArchitecture('its tokens see those after them (use_bidirectional_attention)');
  if ((settings.num_kv_shared_layers ?? 0) !== 0)
    throw unsupportedArchitecture('its layers share keys and values (num_kv_shared_layers)');
}

function readActivation(settings: RawConfig, key: Architecture['activationKey']): ModelConfig['activation'] {
  const activation = ACTIVATIONS.get(settings[key] ?? 'silu');
  if (!activation) {
    const known = [...ACTIVATIONS.keys()].join(' or ');
    throw unsupportedArchitecture(`its activation is ${show(settings[key])}, not ${known}`);
  }
  return activation;
}

function readAttentionScale({ attentionScaleKey }: Architecture, settings: RawConfig, headSize: number): number {
  return 1 / Math.sqrt(attentionScaleKey === null ? headSize : readPositive(settings, attentionScaleKey));
}

function readSoftcaps({ softcapKeys: { attention, logits } }: Architecture, settings: RawConfig) {
  return {
    attentionSoftcap: attention === null ? null : readOptional(settings, attention),
    logitSoftcap: logits === null ? null : readOptional(settings, logits),
  };
}

/** A list with one entry a layer that we do not know would silently stay behind when layers go. */
function checkPerLayerLists(raw: RawConfig, depth: number): void {
  for (const [key, value] of Object.entries(raw)) {
    if (NOT_PER_LAYER.has(key)) continue;
    if (depth > 1 && Array.isArray(value) && value.length === depth) {
      throw unsupportedArchitecture(`its setting ${show(key)} seems to list something for each layer`);
    }
  }
}
