import type { Architecture } from './architecture.js';
import { LLAMA } from './llama.js';

/** Mistral 7B and its kin: Llama, whose first version attends through a window in every layer. */
export const MISTRAL: Architecture = {
  ...LLAMA,
  name: 'mistral',
  modelClass: 'MistralForCausalLM',
  defaults: { num_key_value_heads: 8, sliding_window: 4096, max_position_embeddings: 131_072 },
  layerTypeRule: 'window-everywhere',
};
