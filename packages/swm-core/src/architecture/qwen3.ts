import type { Architecture } from './architecture.js';
import { NORMS_BEFORE, NORMS_PER_HEAD } from './layer-weights.js';
import { QWEN2 } from './qwen2.js';

/** Qwen 3, dense: no biases, but norms of each query and key head. */
export const QWEN3: Architecture = {
  ...QWEN2,
  name: 'qwen3',
  modelClass: 'Qwen3ForCausalLM',
  sides: [...NORMS_BEFORE, ...NORMS_PER_HEAD],
  defaults: { ...QWEN2.defaults, head_dim: 128 },
};
