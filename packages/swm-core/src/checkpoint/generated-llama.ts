import { expectedTensors } from '../architecture/architecture.js';
import { architectureOf } from '../architecture/architecture-of.js';
import { readConfig } from '../architecture/read-config.js';
import { MemoryFolder } from './memory-folder.js';
import type { TensorDtype, TensorEntry } from './model-source.js';
import { dtypeBytes, writeSafetensorsHeader } from './safetensors.js';

/** config.json of a Llama that fits in a few hundred kilobytes. */
export const TINY_CONFIG = Object.freeze({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  num_hidden_layers: 6,
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
});

/**
 * A complete model folder in memory with reproducible weights (finite in every dtype), in `shards` files: for tests of
 * whatever reads models. `config` overrides `TINY_CONFIG`, a Llama's.
 */
export function generateLlama(options: {
  readonly seed: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly dtype?: TensorDtype;
  readonly shards?: number;
}): MemoryFolder {
  const { seed, config = {}, dtype = 'BF16', shards = 1 } = options;
  const raw = { ...TINY_CONFIG, ...config };
  const next = xorshift(seed);
  const architecture = architectureOf(raw);
  const tensors = [...expectedTensors(architecture, readConfig(architecture, raw))].map(([name, shape]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const entry: TensorEntry = { name, dtype, shape, sizeBytes: count * dtypeBytes(dtype) };
    return { entry, bytes: finiteBytes(entry, next) };
  });
  const folder = new MemoryFolder([['config.json', encode(raw)]]);
  const weightMap: [string, string][] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    const held = tensors.filter((_, index) => Math.floor((index * shards) / tensors.length) === shard);
    const fileName = shards === 1 ? 'model.safetensors' : `model-${shard + 1}-of-${shards}.safetensors`;
    const header = writeSafetensorsHeader(held.map(({ entry }) => entry));
    folder.files.set(fileName, new Uint8Array(Buffer.concat([header, ...held.map(({ bytes }) => bytes)])));
    for (const { entry } of held) weightMap.push([entry.name, fileName]);
  }
  if (shards > 1)
    folder.files.set('model.safetensors.index.json', encode({ weight_map: Object.fromEntries(weightMap) }));
  return folder;
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Random bits below the exponents of infinity: the top byte of each little-endian element stays under 0x40. */
function finiteBytes({ dtype, sizeBytes }: TensorEntry, next: () => number): Uint8Array {
  const size = dtypeBytes(dtype);
  return Uint8Array.from({ length: sizeBytes }, (_, at) => (at % size === size - 1 ? next() & 0x3b : next() & 0xff));
}

function xorshift(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) & 0xffff;
  };
}
