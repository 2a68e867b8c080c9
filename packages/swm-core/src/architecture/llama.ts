import type { Architecture } from './architecture.js';
import { NORMS_BEFORE, SEPARATE_PROJECTIONS } from './layer-weights.js';

/** Llama 1 to 3, Vicuna, TinyLlama, SmolLM2 and whatever else is `LlamaForCausalLM` without biases. Other families are told by how they differ. */
export const LLAMA: Architecture = {
  name: 'llama',
  modelClass: 'LlamaForCausalLM',
  layerPrefix: 'model.layers.',
  projections: SEPARATE_PROJECTIONS,
  sides: NORMS_BEFORE,
  embedding: { name: 'model.embed_tokens.weight', shape: ['V', 'D'] },
  finalNorm: { name: 'model.norm.weight', shape: ['D'] },
  head: { name: 'lm_head.weight', shape: ['V', 'D'] },
  ignored: [/^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/],
  defaults: {},
  activationKey: 'hidden_act',
  normOffset: 0,
  attentionScaleKey: null,
  softcapKeys: { attention: null, logits: null },
  embeddingScale: 'one',
  layerTypeRule: 'full',
  followsLayerTypes: false,
  ropeTypes: ['default', 'linear', 'llama3'],
  needsBos: false,
  placeholderTokens: [],
  slidingThetaKey: null,
};
