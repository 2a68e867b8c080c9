import type { Architecture } from './architecture.js';
import { GEMMA2 } from './gemma2.js';
import { NORMS_AROUND, NORMS_PER_HEAD } from './layer-weights.js';

/** Gemma 3 without pictures: norms of heads in place of capped scores; windowed layers have a rotary base of their own. */
export const GEMMA3_TEXT: Architecture = {
  ...GEMMA2,
  name: 'gemma3_text',
  modelClass: 'Gemma3ForCausalLM',
  sides: [...NORMS_AROUND, ...NORMS_PER_HEAD],
  defaults: {
    ...GEMMA2.defaults,
    max_position_embeddings: 131_072,
    sliding_window_pattern: 6,
    final_logit_softcapping: null,
    attn_logit_softcapping: null,
    rope_theta: 1_000_000,
    rope_local_base_freq: 10_000,
  },
  softcapKeys: { attention: null, logits: 'final_logit_softcapping' }, // transformers reads a cap of scores, and leaves it out
  layerTypeRule: 'full-every-pattern',
  placeholderTokens: ['<image_soft_token>'],
  slidingThetaKey: 'rope_local_base_freq',
};
