import { describe, expect, test } from 'vitest';
import { ARCHITECTURES, architectureOf } from './architecture-of.js';
import { readConfig } from './read-config.js';

type Raw = Readonly<Record<string, unknown>>;

const BASE = {
  num_hidden_layers: 4,
  hidden_size: 64,
  intermediate_size: 128,
  num_attention_heads: 8,
  vocab_size: 100,
};

function read(config: Raw) {
  const raw: Raw = { model_type: 'llama', ...BASE, ...config };
  const settings = readConfig(architectureOf(raw), raw);
  return { ...settings, types: settings.layerTypes.map(([initial]) => initial).join('') };
}

/** Of the rotary modules of transformers 5.23, head size 8: base 10,000; Llama 3.1's of base 500,000; base 1,000,000 divided by 8. */
const FREQUENCIES = {
  plain: [1, 0.10000000149011612, 0.009999999776482582, 0.0010000000474974513],
  llama3: [1, 0.03760603070259094, 0.0005248460220173001, 6.647869668086059e-6],
  gemma: [0.125, 0.0039528473280370235, 0.0001250000059371814, 3.9528467823402025e-6],
};

const [FULL, SLIDING] = ['full_attention', 'sliding_attention'];

describe('what is read', () => {
  const READ: readonly (readonly [config: Raw, fields: object])[] = [
    [{}, { depth: 4, kvHeads: 8, headSize: 8, rmsNormEps: 1e-6, ropeTheta: 10_000, isTied: false, types: 'ffff' }],
    [{}, { activation: 'silu', normOffset: 0, embeddingScale: 1, attentionSoftcap: null, logitSoftcap: null }],
    [
      { architectures: ['LlamaForCausalLM'], num_key_value_heads: 2, head_dim: 32, tie_word_embeddings: true },
      { kvHeads: 2, headSize: 32, isTied: true, attentionScale: 1 / Math.sqrt(32) },
    ],
    [{ architectures: null, rope_scaling: null, head_dim: null }, { headSize: 8 }],
    [{ rope_theta: 5e5 }, { ropeTheta: 5e5 }],
    [{ rope_parameters: { rope_type: 'default', rope_theta: 1e5 } }, { ropeTheta: 1e5 }],
    [{ rope_theta: 1e5, rope_parameters: { rope_type: 'default', rope_theta: 1e5 } }, { ropeTheta: 1e5 }],
    [{ layer_types: Array(4).fill(FULL), eos_token_id: [1, 2, 3, 4] }, { depth: 4 }],
    [{ model_type: 'mistral' }, { kvHeads: 8, slidingWindow: 4096, types: 'ssss' }],
    [
      { model_type: 'mistral', sliding_window: null },
      { slidingWindow: null, types: 'ffff' },
    ],
    [
      { model_type: 'qwen2', num_key_value_heads: 2 },
      { slidingWindow: null, types: 'ffff' },
    ],
    [
      { model_type: 'qwen2', num_key_value_heads: 2, use_sliding_window: true, max_window_layers: 3 },
      { slidingWindow: 4096, types: 'fffs' },
    ],
    [
      { model_type: 'qwen3', num_key_value_heads: 2 },
      { headSize: 128, isTied: false },
    ],
    [
      { model_type: 'gemma2' },
      {
        ...{ kvHeads: 4, headSize: 256, activation: 'gelu-tanh', normOffset: 1, embeddingScale: 8, isTied: true },
        ...{ attentionScale: 1 / 16, attentionSoftcap: 50, logitSoftcap: 30, slidingWindow: 4096, types: 'sfsf' },
      },
    ],
    [{ model_type: 'gemma2', layer_types: [FULL, FULL, FULL, SLIDING] }, { types: 'fffs' }],
    [{ model_type: 'gemma2', attn_logit_softcapping: null }, { attentionSoftcap: null }],
    [
      { model_type: 'gemma3_text', num_hidden_layers: 7 },
      { ropeTheta: 1e6, logitSoftcap: null, types: 'sssssfs' },
    ],
    [
      { model_type: 'gemma3_text', sliding_window_pattern: 2, query_pre_attn_scalar: 4 },
      { attentionScale: 0.5, types: 'sfsf' },
    ],
    [{ model_type: 'phi3' }, { rmsNormEps: 1e-5, slidingWindow: null, types: 'ffff' }],
    [
      { model_type: 'phi3', sliding_window: 2047 },
      { slidingWindow: 2047, types: 'ssss' },
    ],
    [{ model_type: 'olmo2' }, { rmsNormEps: 1e-5, normOffset: 0, types: 'ffff' }],
  ];
  test.each(READ)('%j', (config, fields) => {
    expect(read(config)).toMatchObject(fields);
  });

  test('rotary frequencies: plain, divided, Llama 3.1’s, and Gemma 3’s two', () => {
    const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    const stretched = { ...llama3, rope_theta: 500_000, original_max_position_embeddings: 8192 };
    const linear = { rope_type: 'linear', factor: 8 };
    const frequencies = (config: Raw) => read({ head_dim: 8, ...config }).ropeFrequencies;
    const plain = FREQUENCIES.plain;
    expect(frequencies({})).toEqual({ full: plain, sliding: plain });
    expect(frequencies({ rope_scaling: linear }).full).toEqual(plain.map((value) => value / 8));
    expect(frequencies({ rope_parameters: stretched }).full).toEqual(FREQUENCIES.llama3);
    expect(frequencies({ rope_theta: 500_000, rope_scaling: { ...stretched, type: 'llama3' } }).full).toEqual(
      FREQUENCIES.llama3,
    );
    const gemma = { full: FREQUENCIES.gemma, sliding: plain };
    expect(frequencies({ model_type: 'gemma3_text', rope_scaling: linear })).toEqual(gemma);
    const nested = { full_attention: { ...linear, rope_theta: 1e6 }, sliding_attention: { rope_theta: 1e4 } };
    expect(frequencies({ model_type: 'gemma3_text', rope_parameters: nested })).toEqual(gemma);
  });
});

describe('what is refused', () => {
  const gemma3 = { model_type: 'gemma3_text' };
  const qwen = { model_type: 'qwen2', num_key_value_heads: 2 };
  const UNSUPPORTED: readonly (readonly [config: Raw, reason: RegExp])[] = [
    [{ model_type: 'gpt2' }, /"gpt2", not one of llama, mistral/],
    [{ model_type: undefined }, /model_type is missing/],
    [{ model_type: 'x', auto_map: { AutoModelForCausalLM: 'modeling.Evil' } }, /model_type/],
    [{ model_type: 'mixtral' }, /mixtures of experts/],
    [{ model_type: 'qwen3_moe' }, /mixtures of experts/],
    [{ model_type: 'gemma3' }, /pictures/],
    [{ model_type: 'gemma3n_text' }, /share keys and values/],
    [{ architectures: ['LlamaForSequenceClassification'] }, /not LlamaForCausalLM/],
    [{ ...qwen, architectures: ['LlamaForCausalLM'] }, /not Qwen2ForCausalLM/],
    [{ attention_bias: true }, /attention_bias/],
    [{ mlp_bias: true }, /mlp_bias/],
    [{ hidden_act: 'gelu' }, /"gelu", not silu or gelu_pytorch_tanh/],
    [{ model_type: 'gemma2', hidden_activation: 'relu' }, /"relu"/],
    [{ quantization_config: { bits: 4 } }, /quantised/],
    [{ ...gemma3, use_bidirectional_attention: true }, /use_bidirectional_attention/],
    [{ num_kv_shared_layers: 2 }, /num_kv_shared_layers/],
    [{ layer_types: [FULL, SLIDING, FULL, FULL] }, /layer_types/],
    [{ ...qwen, layer_types: [FULL, 'chunked_attention', FULL, FULL] }, /chunked_attention/],
    [{ no_rope_layers: [1, 1, 1, 0] }, /no_rope_layers/],
  ];
  test.each(UNSUPPORTED)('%j', (config, reason) => {
    expect(() => read(config)).toThrow(
      expect.objectContaining({ code: 'ARCHITECTURE.UNSUPPORTED', message: expect.stringMatching(reason) }),
    );
  });

  const REFUSED: readonly (readonly [config: Raw, code: string])[] = [
    [{ layer_types: [FULL] }, 'CONFIG_INVALID'],
    [{ ...qwen, use_sliding_window: false, layer_types: [FULL, FULL, FULL, SLIDING] }, 'CONFIG_INVALID'],
    [{ ...qwen, use_sliding_window: true, max_window_layers: -1 }, 'CONFIG_INVALID'],
    [{ model_type: 'gemma2', sliding_window: null }, 'CONFIG_INVALID'],
    [{ ...gemma3, sliding_window_pattern: 0 }, 'CONFIG_INVALID'],
    [{ rope_scaling: { rope_type: 'yarn', factor: 8 } }, 'ROPE_UNSUPPORTED'],
    [{ rope_scaling: { type: 'dynamic', factor: 8 } }, 'ROPE_UNSUPPORTED'],
    [
      { model_type: 'phi3', rope_scaling: { type: 'longrope', long_factor: [1], short_factor: [1] } },
      'ROPE_UNSUPPORTED',
    ],
    [{ model_type: 'phi3', rope_scaling: { type: 'linear', factor: 2 } }, 'ROPE_UNSUPPORTED'],
    [{ model_type: 'phi3', partial_rotary_factor: 0.75 }, 'ROPE_UNSUPPORTED'],
    [{ rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } }, 'ROPE_UNSUPPORTED'],
    [{ ...qwen, rope_parameters: { full_attention: { rope_theta: 1e4 } } }, 'ROPE_UNSUPPORTED'],
    [{ ...gemma3, rope_parameters: { rope_theta: 1e4 } }, 'ROPE_UNSUPPORTED'],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'CONFIG_INVALID'],
    [{ rope_scaling: { type: 'linear' } }, 'CONFIG_INVALID'],
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
    [{ model_type: 'gemma2', query_pre_attn_scalar: 0 }, 'CONFIG_INVALID'],
  ];
  test.each(REFUSED)('%j: %s', (config, code) => {
    expect(() => read(config)).toThrow(expect.objectContaining({ code: `ARCHITECTURE.${code}` }));
  });
});

test('every family names each of its weights once, and has what any forward pass needs', () => {
  for (const { projections, sides } of ARCHITECTURES.values()) {
    const names = [...projections, ...sides].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const roles = new Set<string>(projections.map(({ role }) => role));
    expect(roles.has('qkv') !== (roles.has('query') && roles.has('key') && roles.has('value'))).toBe(true);
    expect(roles.has('gateUp') !== (roles.has('gate') && roles.has('up'))).toBe(true);
    expect(roles.has('output') && roles.has('down')).toBe(true);
  }
});
