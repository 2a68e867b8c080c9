import type { ModelConfig } from '../checkpoint/model-source.js';
import type { Architecture } from './architecture.js';
import { invalidConfig, unsupportedArchitecture, unsupportedRope } from './architecture-errors.js';
import { readCount, readFlag, readPositive, show } from './config-fields.js';

type RawConfig = Readonly<Record<string, unknown>>;

/** Bounds far above any real model: what follows from config.json must not exhaust memory. */
const MAX_DEPTH = 4096;
const MAX_SIZE = 1 << 24;

/** Lists that may be as long as the model is deep without being about layers. */
const NOT_PER_LAYER = new Set(['architectures', 'eos_token_id', 'suppress_tokens', 'begin_suppress_tokens']);

/** Llama 1 to 3, Vicuna, TinyLlama, SmolLM2 and whatever else is `LlamaForCausalLM` without biases or scaled RoPE. */
export const LLAMA: Architecture = {
  name: 'llama',
  layerPrefix: 'model.layers.',
  projections: [
    { name: 'self_attn.q_proj.weight', shape: ['NH', 'D'] },
    { name: 'self_attn.k_proj.weight', shape: ['KH', 'D'] },
    { name: 'self_attn.v_proj.weight', shape: ['KH', 'D'] },
    { name: 'self_attn.o_proj.weight', shape: ['D', 'NH'] },
    { name: 'mlp.gate_proj.weight', shape: ['F', 'D'] },
    { name: 'mlp.up_proj.weight', shape: ['F', 'D'] },
    { name: 'mlp.down_proj.weight', shape: ['D', 'F'] },
  ],
  sides: [
    { name: 'input_layernorm.weight', shape: ['D'] },
    { name: 'post_attention_layernorm.weight', shape: ['D'] },
  ],
  embedding: { name: 'model.embed_tokens.weight', shape: ['V', 'D'] },
  finalNorm: { name: 'model.norm.weight', shape: ['D'] },
  head: { name: 'lm_head.weight', shape: ['V', 'D'] },
  ignored: [/^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/],
  depthKey: 'num_hidden_layers',
  perLayerKeys: ['layer_types'],
  readConfig,
  functionSettings,
};

/** Defaults are those of transformers' `LlamaConfig`. */
function readConfig(raw: RawConfig): ModelConfig {
  refuseOtherKinds(raw);
  const depth = readCount(raw, 'num_hidden_layers', MAX_DEPTH);
  const hiddenSize = readCount(raw, 'hidden_size', MAX_SIZE);
  const queryHeads = readCount(raw, 'num_attention_heads', MAX_SIZE);
  const kvHeads = readCount(raw, 'num_key_value_heads', MAX_SIZE, queryHeads);
  if (queryHeads % kvHeads !== 0)
    throw invalidConfig('num_key_value_heads', `${kvHeads} does not divide ${queryHeads} heads`);
  if ((raw.head_dim ?? null) === null && hiddenSize % queryHeads !== 0) {
    throw invalidConfig('num_attention_heads', `${queryHeads} does not divide hidden_size ${hiddenSize}`);
  }
  const headSize = readCount(raw, 'head_dim', MAX_SIZE, hiddenSize / queryHeads);
  if (headSize % 2 !== 0) throw invalidConfig('head_dim', `${headSize} is odd, which rotary embeddings do not allow`);
  checkPerLayerLists(raw, depth);
  return {
    architecture: 'llama',
    depth,
    hiddenSize,
    queryHeads,
    kvHeads,
    headSize,
    mlpSize: readCount(raw, 'intermediate_size', MAX_SIZE),
    vocabSize: readCount(raw, 'vocab_size', MAX_SIZE),
    rmsNormEps: readPositive(raw, 'rms_norm_eps', 1e-6),
    ropeTheta: readRopeTheta(raw),
    isTied: readFlag(raw, 'tie_word_embeddings'),
    raw,
  };
}

function refuseOtherKinds(raw: RawConfig): void {
  if ((raw.quantization_config ?? null) !== null)
    throw unsupportedArchitecture('its weights are quantised (quantization_config)');
  for (const key of ['attention_bias', 'mlp_bias']) {
    if (readFlag(raw, key)) throw unsupportedArchitecture(`its projections have biases (${key})`);
  }
  const activation = raw.hidden_act ?? 'silu';
  if (activation !== 'silu') throw unsupportedArchitecture(`its activation is ${show(activation)}, not silu`);
}

/** transformers 5 writes `rope_parameters`; before, `rope_theta` stood alone beside `rope_scaling`. Where several speak, they must agree. */
function readRopeTheta(raw: RawConfig): number {
  const thetas = new Set<number>();
  if ((raw.rope_theta ?? null) !== null) thetas.add(readPositive(raw, 'rope_theta', 1));
  for (const key of ['rope_parameters', 'rope_scaling']) {
    const rope = raw[key] ?? null;
    if (rope === null) continue;
    if (typeof rope !== 'object' || Array.isArray(rope))
      throw invalidConfig(key, `should be an object, not ${show(rope)}`);
    const settings: RawConfig = { ...rope };
    const type = settings.rope_type ?? settings.type ?? 'default';
    if (type !== 'default') throw unsupportedRope(`its type is ${show(type)}, not "default"`);
    if ((settings.partial_rotary_factor ?? 1) !== 1) throw unsupportedRope('it rotates only a part of each head');
    if ((settings.rope_theta ?? null) !== null) thetas.add(readPositive(settings, 'rope_theta', 1));
  }
  if ((raw.partial_rotary_factor ?? 1) !== 1) throw unsupportedRope('it rotates only a part of each head');
  if (thetas.size > 1)
    throw invalidConfig('rope_theta', `is given twice with different values (${[...thetas].join(', ')})`);
  return [...thetas][0] ?? 10_000;
}

/** A list with one entry a layer that we do not know would silently stay behind when layers go. */
function checkPerLayerLists(raw: RawConfig, depth: number): void {
  const { layer_types: types = null } = raw;
  if (types !== null) {
    if (!Array.isArray(types) || types.length !== depth)
      throw invalidConfig('layer_types', `should list ${depth} layers`);
    const other = types.find((type) => type !== 'full_attention');
    if (other !== undefined) throw unsupportedArchitecture(`it has layers of type ${show(other)}`);
  }
  for (const [key, value] of Object.entries(raw)) {
    if (key === 'layer_types' || NOT_PER_LAYER.has(key)) continue;
    if (depth > 1 && Array.isArray(value) && value.length === depth) {
      throw unsupportedArchitecture(`its setting ${show(key)} seems to list something for each layer`);
    }
  }
}

function functionSettings(config: ModelConfig): Record<string, string | number | boolean | null> {
  const { raw, ...settings } = config;
  const dtype = raw.dtype ?? raw.torch_dtype ?? null;
  return {
    ...settings,
    hiddenAct: 'silu',
    // Not part of the forward pass, but evaluation truncates by it, and readers load in this precision.
    maxPositions: readCount(raw, 'max_position_embeddings', Number.MAX_SAFE_INTEGER, 2048),
    dtype: typeof dtype === 'string' ? dtype : null,
  };
}
