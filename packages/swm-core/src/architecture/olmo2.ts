import type { Architecture } from './architecture.js';
import { LLAMA } from './llama.js';

/** OLMo 2: norms on what attention and MLP give, none on what they take; query and key norms span all heads. */
export const OLMO2: Architecture = {
  ...LLAMA,
  name: 'olmo2',
  modelClass: 'Olmo2ForCausalLM',
  sides: [
    { role: 'attentionOutputNorm', name: 'post_attention_layernorm.weight', shape: ['D'] },
    { role: 'mlpOutputNorm', name: 'post_feedforward_layernorm.weight', shape: ['D'] },
    { role: 'queryNorm', name: 'self_attn.q_norm.weight', shape: ['NH'] },
    { role: 'keyNorm', name: 'self_attn.k_norm.weight', shape: ['KH'] },
  ],
  defaults: { rms_norm_eps: 1e-5 },
};
