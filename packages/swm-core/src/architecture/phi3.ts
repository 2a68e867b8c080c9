import type { Architecture } from './architecture.js';
import { LLAMA } from './llama.js';

/** Phi-3 with plain rotary embeddings (the 4k models): Llama with fused projections. */
export const PHI3: Architecture = {
  ...LLAMA,
  name: 'phi3',
  modelClass: 'Phi3ForCausalLM',
  projections: [
    { role: 'qkv', name: 'self_attn.qkv_proj.weight', shape: ['QKV', 'D'] },
    { role: 'output', name: 'self_attn.o_proj.weight', shape: ['D', 'NH'] },
    { role: 'gateUp', name: 'mlp.gate_up_proj.weight', shape: ['2F', 'D'] },
    { role: 'down', name: 'mlp.down_proj.weight', shape: ['D', 'F'] },
  ],
  defaults: { rms_norm_eps: 1e-5, max_position_embeddings: 4096, sliding_window: null },
  layerTypeRule: 'window-everywhere',
  ropeTypes: ['default'],
};
