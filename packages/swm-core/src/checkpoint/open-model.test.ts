import { describe, expect, test } from 'vitest';
import { checkCompanions, MAX_COMPANION_BYTES } from './companion-files.js';
import { generateLlama, TINY_CONFIG } from './generated-llama.js';
import { MemoryFolder } from './memory-folder.js';
import type { ModelFolder } from './model-source.js';
import { openModel } from './open-model.js';
import { MAX_HEADER_BYTES, writeSafetensorsHeader } from './safetensors.js';
import { checkTokenizer } from './tokenizer-check.js';

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const INDEX = 'model.safetensors.index.json';

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? String(error),
  );
}

/** The same folder, noting in `opened` what is opened. */
const watch = (folder: MemoryFolder, opened: string[]): ModelFolder => ({
  list: () => folder.list(),
  open: (name) => {
    opened.push(name);
    return folder.open(name);
  },
});

/** A folder changed in one way. */
const broken = (change: (files: Map<string, Uint8Array>) => void, shards = 1, config = {}) => {
  const folder = generateLlama({ seed: 1, shards, config });
  change(folder.files);
  return folder;
};

/** The single weights file with one tensor more. */
function withExtra(name: string, dtype: 'BF16' | 'U8', shape: readonly number[], config = {}): Promise<MemoryFolder> {
  return (async () => {
    const folder = generateLlama({ seed: 1, config });
    const model = await openModel(folder);
    const extra = { name, dtype, shape, sizeBytes: (dtype === 'U8' ? 1 : 2) * shape.reduce((a, b) => a * b, 1) };
    const tensors = [...model.tensors.values()];
    const bytes = await Promise.all(tensors.map((tensor) => model.readTensor(tensor.name)));
    const header = writeSafetensorsHeader([...tensors, extra]);
    folder.files.set(
      'model.safetensors',
      new Uint8Array(Buffer.concat([header, ...bytes, new Uint8Array(extra.sizeBytes)])),
    );
    return folder;
  })();
}

/** Replaces text of a file; in a header, by text of the same length. */
const patch = (files: Map<string, Uint8Array>, fileName: string, from: string, to: string) =>
  files.set(
    fileName,
    new Uint8Array(
      Buffer.from(
        Buffer.from(files.get(fileName) ?? [])
          .toString('latin1')
          .replace(from, to),
        'latin1',
      ),
    ),
  );

describe('openModel', () => {
  test.each([1, 3])('opens %i shard(s) alike', async (shards) => {
    const model = await openModel(generateLlama({ seed: 7, shards }));
    const single = await openModel(generateLlama({ seed: 7 }));
    expect([...model.tensors.keys()]).toEqual([...single.tensors.keys()]);
    expect(model.tensors.size).toBe(1 + 6 * 9 + 1);
    const name = 'model.layers.4.mlp.down_proj.weight';
    expect(await model.readFloat32(name)).toEqual(await single.readFloat32(name));
    expect(model.config).toMatchObject({ depth: 6, kvHeads: 2, headSize: 4, ropeTheta: 10_000, isTied: true });
  });

  const FOLDERS: readonly (readonly [
    what: string,
    code: string,
    folder: () => MemoryFolder | Promise<MemoryFolder>,
  ])[] = [
    ['no config', 'CHECKPOINT.CONFIG_MISSING', () => broken((files) => files.delete('config.json'))],
    [
      'config that is no JSON',
      'CHECKPOINT.JSON_INVALID',
      () => broken((files) => files.set('config.json', json('x').subarray(1))),
    ],
    ['config that is a list', 'CHECKPOINT.JSON_INVALID', () => broken((files) => files.set('config.json', json([])))],
    [
      'config with a key twice',
      'CHECKPOINT.JSON_INVALID',
      () => broken((files) => files.set('config.json', Buffer.from('{"model_type":"llama","model_type":"llama"}'))),
    ],
    [
      'config of 5 MB',
      'CHECKPOINT.FILE_TOO_LARGE',
      () => broken((files) => files.set('config.json', new Uint8Array(5e6))),
    ],
    ['no weights', 'CHECKPOINT.WEIGHTS_MISSING', () => broken((files) => files.delete('model.safetensors'))],
    [
      'pickles only',
      'CHECKPOINT.PICKLE_ONLY',
      () =>
        broken((files) => {
          files.delete('model.safetensors');
          files.set('pytorch_model.bin', new Uint8Array(4));
        }),
    ],
    ['an index without weight_map', 'CHECKPOINT.INDEX_INVALID', () => broken((files) => files.set(INDEX, json({})), 2)],
    [
      'an empty weight_map',
      'CHECKPOINT.INDEX_INVALID',
      () => broken((files) => files.set(INDEX, json({ weight_map: {} })), 2),
    ],
    [
      'a weight_map of numbers',
      'CHECKPOINT.INDEX_INVALID',
      () => broken((files) => files.set(INDEX, json({ weight_map: { a: 1 } })), 2),
    ],
    [
      'a missing shard',
      'CHECKPOINT.SHARD_MISSING',
      () => broken((files) => files.delete('model-2-of-2.safetensors'), 2),
    ],
    [
      'a truncated shard',
      'CHECKPOINT.OFFSET_OUT_OF_RANGE',
      () =>
        broken(
          (files) =>
            files.set(
              'model-2-of-2.safetensors',
              (files.get('model-2-of-2.safetensors') ?? new Uint8Array()).slice(0, -1),
            ),
          2,
        ),
    ],
    [
      'a tensor missing in its shard',
      'CHECKPOINT.TENSOR_MISSING',
      () => broken((files) => patch(files, 'model-2-of-2.safetensors', 'model.norm.weight', 'model.gone.weight'), 2),
    ],
    [
      'a shard with a tensor not in the index',
      'CHECKPOINT.TENSOR_UNEXPECTED',
      () => broken((files) => patch(files, INDEX, ',"model.norm.weight":"model-2-of-2.safetensors"', ''), 2),
    ],
    [
      'a missing weight',
      'CHECKPOINT.TENSOR_MISSING',
      () => broken((files) => patch(files, 'model.safetensors', 'layers.3.mlp.up_proj', 'layers.3.mlp.up_prox')),
    ],
    [
      'a head missing',
      'CHECKPOINT.TENSOR_MISSING',
      () => broken((files) => files.set('config.json', json({ ...TINY_CONFIG, tie_word_embeddings: false }))),
    ],
    [
      'fewer layers than stored',
      'CHECKPOINT.TENSOR_UNEXPECTED',
      () => broken((files) => files.set('config.json', json({ ...TINY_CONFIG, num_hidden_layers: 5 }))),
    ],
    [
      'a vocabulary other than the embedding',
      'CHECKPOINT.SHAPE_MISMATCH',
      () => broken((files) => files.set('config.json', json({ ...TINY_CONFIG, vocab_size: 33 }))),
    ],
    [
      'other heads than the weights',
      'CHECKPOINT.SHAPE_MISMATCH',
      () => broken((files) => files.set('config.json', json({ ...TINY_CONFIG, num_key_value_heads: 4 }))),
    ],
    ['integer weights', 'CHECKPOINT.DTYPE_UNSUPPORTED', () => generateLlama({ seed: 1, dtype: 'I8' })],
    ['a bias', 'CHECKPOINT.TENSOR_UNEXPECTED', () => withExtra('model.layers.0.self_attn.q_proj.bias', 'BF16', [16])],
    ['an adapter', 'CHECKPOINT.TENSOR_UNEXPECTED', () => withExtra('base_model.lora_A', 'U8', [3])],
    [
      'a different head although tied',
      'CHECKPOINT.TIED_HEAD_DIFFERS',
      () => withExtra('lm_head.weight', 'BF16', [32, 16]),
    ],
    [
      'rotary buffers of old writers',
      'accepted',
      () => withExtra('model.layers.5.self_attn.rotary_emb.inv_freq', 'BF16', [2]),
    ],
    ['an index beside a single file', 'accepted', () => broken((files) => files.set(INDEX, json({})))],
  ];
  test.each(FOLDERS)('%s: %s', async (_, code, folder) => {
    expect(await codeOf(openModel(await folder()))).toBe(code);
  });

  const ESCAPES = [
    '../model.safetensors',
    '/etc/x.safetensors',
    'a/b.safetensors',
    'a\\b.safetensors',
    '..',
    '.',
    '',
    'x\0.safetensors',
    '.hidden.safetensors',
    'pytorch_model.bin',
    'a..safetensors',
    'C:x.safetensors',
  ];
  test.each(ESCAPES)('an index that names %j opens nothing', async (fileName) => {
    const folder = broken((files) => files.set(INDEX, json({ weight_map: { 'model.norm.weight': fileName } })), 2);
    const opened: string[] = [];
    expect(await codeOf(openModel(watch(folder, opened)))).toBe('CHECKPOINT.INDEX_ESCAPES');
    expect(opened).toEqual(['config.json', INDEX]);
  });

  test('opens config and weights and nothing else', async () => {
    const folder = broken((files) => {
      for (const name of ['modeling.py', 'pytorch_model.bin', 'chat_template.jinja', 'tokenizer.json'])
        files.set(name, new Uint8Array(1));
    });
    const opened: string[] = [];
    await openModel(watch(folder, opened));
    expect(opened).toEqual(['config.json', 'model.safetensors']);
  });
});

describe('what sends loaders elsewhere is refused', () => {
  const REDIRECTS: readonly (readonly [config: Readonly<Record<string, unknown>>, code: string])[] = [
    [{ transformers_weights: 'other.safetensors' }, 'CHECKPOINT.REDIRECTS'],
    [{ configuration_files: ['config.4.0.0.json'] }, 'CHECKPOINT.REDIRECTS'],
    [{ attn_implementation: 'somebody/kernel' }, 'CHECKPOINT.REDIRECTS'],
    [{ _attn_implementation: { '': 'somebody/kernel' } }, 'CHECKPOINT.REDIRECTS'],
    [{ transformers_weights: null, attn_implementation: 'flash_attention_2', auto_map: {} }, 'accepted'],
  ];
  test.each(REDIRECTS)('config.json with %j: %s', async (config, code) => {
    expect(await codeOf(openModel(generateLlama({ seed: 1, config })))).toBe(code);
  });

  test('an adapter beside the weights', async () => {
    const folder = broken((files) => files.set('adapter_config.json', json({ base_model_name_or_path: '/' })));
    expect(await codeOf(openModel(folder))).toBe('CHECKPOINT.REDIRECTS');
  });

  const COMPANIONS: readonly (readonly [what: string, code: string, files: readonly [string, Uint8Array][]])[] = [
    ['none', 'accepted', []],
    ['plain ones', 'accepted', [['tokenizer_config.json', json({ auto_map: { AutoTokenizer: ['evil.T', null] } })]]],
    ['other tokenizers', 'CHECKPOINT.REDIRECTS', [['tokenizer_config.json', json({ fast_tokenizer_files: ['a'] })]]],
    ['no object', 'CHECKPOINT.JSON_INVALID', [['tokenizer_config.json', json([])]]],
    ['one too large', 'CHECKPOINT.FILE_TOO_LARGE', [['vocab.json', new Uint8Array(MAX_COMPANION_BYTES + 1)]]],
  ];
  test.each(COMPANIONS)('companions, %s: %s', async (_, code, files) => {
    expect(await codeOf(checkCompanions(new MemoryFolder(files)))).toBe(code);
  });
});

test('all shards together have one header cap', async () => {
  const folder = generateLlama({ seed: 1, shards: 2 });
  const [first = '', second = ''] = [...folder.files.keys()].filter((name) => name.endsWith('.safetensors'));
  const bytes = Buffer.from(folder.files.get(first) ?? []);
  const length = Number(bytes.readBigUInt64LE(0));
  const padded = Buffer.alloc(8 + MAX_HEADER_BYTES - 100, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  bytes.copy(padded, 8, 8, 8 + length);
  folder.files.set(first, Buffer.concat([padded, bytes.subarray(8 + length)]));
  await expect(openModel(folder)).rejects.toMatchObject({
    code: 'CHECKPOINT.HEADER_LENGTH',
    message: expect.stringContaining(second),
  });
});

describe('checkTokenizer', () => {
  const TOKENIZERS: readonly (readonly [what: string, code: string, tokenizer: unknown])[] = [
    ['ids inside', 'accepted', { model: { vocab: { a: 0, b: 31 } }, added_tokens: [{ id: 30 }] }],
    [
      'a unigram vocabulary',
      'accepted',
      {
        model: {
          vocab: [
            ['a', -1],
            ['b', -2],
          ],
        },
      },
    ],
    ['an id outside', 'CHECKPOINT.TOKENIZER_MISMATCH', { model: { vocab: { a: 0, b: 32 } } }],
    [
      'an added id outside',
      'CHECKPOINT.TOKENIZER_MISMATCH',
      { model: { vocab: { a: 0 } }, added_tokens: [{ id: 32 }] },
    ],
    [
      'a placeholder outside',
      'accepted',
      { model: { vocab: { a: 0 } }, added_tokens: [{ id: 32, content: '<picture>' }] },
    ],
    ['no vocabulary', 'CHECKPOINT.TOKENIZER_MISMATCH', {}],
    ['a token without id', 'CHECKPOINT.TOKENIZER_MISMATCH', { model: { vocab: { a: 'x' } } }],
  ];
  test.each(TOKENIZERS)('%s: %s', async (_, code, tokenizer) => {
    const folder = new MemoryFolder([['tokenizer.json', json(tokenizer)]]);
    expect(await codeOf(checkTokenizer(folder, 32, ['<picture>']))).toBe(code);
  });

  test('none, or no JSON', async () => {
    expect(await codeOf(checkTokenizer(new MemoryFolder(), 32))).toBe('CHECKPOINT.TOKENIZER_MISSING');
    expect(await codeOf(checkTokenizer(new MemoryFolder([['tokenizer.json', new Uint8Array(3)]]), 32))).toBe(
      'CHECKPOINT.TOKENIZER_MISMATCH',
    );
  });
});
