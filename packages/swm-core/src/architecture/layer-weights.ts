import type { LayerTensorSpec, ProjectionRole, SideRole } from './architecture.js';

/** The seven matrices of Llama's layers, and of most families since. */
export const SEPARATE_PROJECTIONS: readonly LayerTensorSpec<ProjectionRole>[] = [
  { role: 'query', name: 'self_attn.q_proj.weight', shape: ['NH', 'D'] },
  { role: 'key', name: 'self_attn.k_proj.weight', shape: ['KH', 'D'] },
  { role: 'value', name: 'self_attn.v_proj.weight', shape: ['KH', 'D'] },
  { role: 'output', name: 'self_attn.o_proj.weight', shape: ['D', 'NH'] },
  { role: 'gate', name: 'mlp.gate_proj.weight', shape: ['F', 'D'] },
  { role: 'up', name: 'mlp.up_proj.weight', shape: ['F', 'D'] },
  { role: 'down', name: 'mlp.down_proj.weight', shape: ['D', 'F'] },
];

/** Norms before attention and before the MLP; the second one's name tells where it once stood. */
export const NORMS_BEFORE: readonly LayerTensorSpec<SideRole>[] = [
  { role: 'attentionNorm', name: 'input_layernorm.weight', shape: ['D'] },
  { role: 'mlpNorm', name: 'post_attention_layernorm.weight', shape: ['D'] },
];

/** Gemma 2 and 3: norms on both sides of attention and MLP. */
export const NORMS_AROUND: readonly LayerTensorSpec<SideRole>[] = [
  { role: 'attentionNorm', name: 'input_layernorm.weight', shape: ['D'] },
  { role: 'attentionOutputNorm', name: 'post_attention_layernorm.weight', shape: ['D'] },
  { role: 'mlpNorm', name: 'pre_feedforward_layernorm.weight', shape: ['D'] },
  { role: 'mlpOutputNorm', name: 'post_feedforward_layernorm.weight', shape: ['D'] },
];

/** Norms of each query and key head, one weight for all of them. */
export const NORMS_PER_HEAD: readonly LayerTensorSpec<SideRole>[] = [
  { role: 'queryNorm', name: 'self_attn.q_norm.weight', shape: ['H'] },
  { role: 'keyNorm', name: 'self_attn.k_norm.weight', shape: ['H'] },
];
