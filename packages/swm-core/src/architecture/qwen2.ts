import type { Architecture } from './architecture.js';
import { NORMS_BEFORE } from './layer-weights.js';
import { LLAMA } from './llama.js';

/** Qwen 2 and 2.5: biases on queries, keys and values, which stay with the norms when layers merge. */
export const QWEN2: Architecture = {
  ...LLAMA,
  name: 'qwen2',
  modelClass: 'Qwen2ForCausalLM',
  sides: [
    ...NORMS_BEFORE,
    { role: 'queryBias', name: 'self_attn.q_proj.bias', shape: ['NH'] },
    { role: 'keyBias', name: 'self_attn.k_proj.bias', shape: ['KH'] },
    { role: 'valueBias', name: 'self_attn.v_proj.bias', shape: ['KH'] },
  ],
  defaults: { num_key_value_heads: 32, sliding_window: 4096, max_window_layers: 28, max_position_embeddings: 32_768 },
  layerTypeRule: 'window-above-max-window-layers',
  followsLayerTypes: true,
};
