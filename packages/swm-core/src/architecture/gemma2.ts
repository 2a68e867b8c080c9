import type { Architecture } from './architecture.js';
import { NORMS_AROUND } from './layer-weights.js';
import { LLAMA } from './llama.js';

/** Gemma 2: four norms a layer, tanh caps, and a window in every other layer. */
export const GEMMA2: Architecture = {
  ...LLAMA,
  name: 'gemma2',
  modelClass: 'Gemma2ForCausalLM',
  sides: NORMS_AROUND,
  defaults: {
    num_key_value_heads: 4,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
    query_pre_attn_scalar: 256,
    sliding_window: 4096,
    final_logit_softcapping: 30,
    attn_logit_softcapping: 50,
  },
  activationKey: 'hidden_activation',
  normOffset: 1,
  attentionScaleKey: 'query_pre_attn_scalar',
  softcapKeys: { attention: 'attn_logit_softcapping', logits: 'final_logit_softcapping' },
  embeddingScale: 'sqrt-hidden',
  layerTypeRule: 'window-on-even-layers',
  followsLayerTypes: true,
  needsBos: true,
};
