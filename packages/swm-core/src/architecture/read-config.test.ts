import { describe, expect, test } from 'vitest';
import { architectureOf } from './architecture-of.js';
import { readConfig } from './read-config.js';

const BASE = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 4,
  hidden_size: 64,
  intermediate_size: 128,
  num_attention_heads: 8,
  vocab_size: 100,
};

function check(config: Readonly<Record<string, unknown>>, expected: unknown): void {
  const read = () => {
    const raw = { ...BASE, ...config };
    return readConfig(architectureOf(raw), raw);
  };
  if (typeof expected === 'string') expect(read).toThrow(expect.objectContaining({ code: `ARCHITECTURE.${expected}` }));
  else expect(read()).toMatchObject(expected as object); // The expected fields.
}

describe('a Llama config', () => {
  const READ: readonly (readonly [config: Readonly<Record<string, unknown>>, fields: object])[] = [
    [{}, { depth: 4, kvHeads: 8, headSize: 8, rmsNormEps: 1e-6, ropeTheta: 10_000, isTied: false }],
    [
      { num_key_value_heads: 2, head_dim: 32, tie_word_embeddings: true },
      { kvHeads: 2, headSize: 32, isTied: true },
    ],
    [{ architectures: null, rope_scaling: null, head_dim: null }, { headSize: 8 }],
    [{ rope_theta: 5e5 }, { ropeTheta: 5e5 }],
    [{ rope_parameters: { rope_type: 'default', rope_theta: 1e5 } }, { ropeTheta: 1e5 }],
    [{ rope_theta: 1e5, rope_parameters: { rope_type: 'default', rope_theta: 1e5 } }, { ropeTheta: 1e5 }],
    [{ layer_types: Array(4).fill('full_attention'), eos_token_id: [1, 2, 3, 4] }, { depth: 4 }],
  ];
  test.each(READ)('%j', check);
});

describe('what is refused', () => {
  const REFUSED: readonly (readonly [config: Readonly<Record<string, unknown>>, code: string])[] = [
    [{ model_type: 'gpt2' }, 'UNSUPPORTED'],
    [{ model_type: undefined }, 'UNSUPPORTED'],
    [{ model_type: 'x', auto_map: { AutoModelForCausalLM: 'modeling.Evil' } }, 'UNSUPPORTED'],
    [{ architectures: ['LlamaForSequenceClassification'] }, 'UNSUPPORTED'],
    [{ attention_bias: true }, 'UNSUPPORTED'],
    [{ mlp_bias: true }, 'UNSUPPORTED'],
    [{ hidden_act: 'gelu' }, 'UNSUPPORTED'],
    [{ quantization_config: { bits: 4 } }, 'UNSUPPORTED'],
    [{ layer_types: ['full_attention', 'sliding_attention', 'full_attention', 'full_attention'] }, 'UNSUPPORTED'],
    [{ no_rope_layers: [1, 1, 1, 0] }, 'UNSUPPORTED'],
    [{ layer_types: ['full_attention'] }, 'CONFIG_INVALID'],
    [{ rope_scaling: { rope_type: 'yarn', factor: 8 } }, 'ROPE_UNSUPPORTED'],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'CONFIG_INVALID'],
    [{ rope_scaling: { type: 'linear' } }, 'CONFIG_INVALID'],
    [{ rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } }, 'ROPE_UNSUPPORTED'],
    [{ rope_theta: 1e4, rope_parameters: { rope_theta: 1e5 } }, 'CONFIG_INVALID'],
    [{ rope_parameters: [] }, 'CONFIG_INVALID'],
    [{ num_hidden_layers: undefined }, 'CONFIG_INVALID'],
    [{ num_hidden_layers: '4' }, 'CONFIG_INVALID'],
    [{ num_hidden_layers: 0 }, 'CONFIG_INVALID'],
    [{ num_hidden_layers: 1e9 }, 'CONFIG_INVALID'],
    [{ num_hidden_layers: 4.5 }, 'CONFIG_INVALID'],
    [{ num_key_value_heads: 3 }, 'CONFIG_INVALID'],
    [{ num_attention_heads: 7 }, 'CONFIG_INVALID'],
    [{ head_dim: 5 }, 'CONFIG_INVALID'],
    [{ rms_norm_eps: 0 }, 'CONFIG_INVALID'],
    [{ rope_theta: 'x' }, 'CONFIG_INVALID'],
    [{ tie_word_embeddings: 'yes' }, 'CONFIG_INVALID'],
  ];
  test.each(REFUSED)('%j: %s', check);
});
