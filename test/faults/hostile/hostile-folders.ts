import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Canaries } from './canaries.js';
import type { Choices } from './random.js';

/** One way to be hostile: what is done to a good folder, and how reading it must end (`null`: accepted, and harmless). */
export interface HostileClass {
  readonly name: string;
  readonly codes: readonly (string | null)[];
  /** A string it returns is the path to be read instead of the folder. */
  readonly make: (folder: string, canaries: Canaries, choices: Choices) => unknown;
  /** Large files: made once, not for each seed. */
  readonly isHeavy?: boolean;
  /** What goes on beside the reading; returns how to stop it. */
  readonly disturb?: (folder: string, canaries: Canaries) => () => void;
}

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const TOKENIZER = 'tokenizer.json';
const TOKENIZER_CONFIG = 'tokenizer_config.json';
const FILE_INVALID = 'MODEL.FILE_INVALID';
const REDIRECTS = 'CHECKPOINT.REDIRECTS';

const put = (folder: string, name: string, content: string | Uint8Array) => {
  rmSync(join(folder, name), { force: true, recursive: true });
  writeFileSync(join(folder, name), content);
};
const remove = (folder: string, name: string) => rmSync(join(folder, name), { recursive: true, force: true });
const link = (folder: string, name: string, target: string) => {
  remove(folder, name);
  symlinkSync(target, join(folder, name));
};
const pipe = (folder: string, name: string) => {
  remove(folder, name);
  execFileSync('mkfifo', [join(folder, name)]);
};
const edit = (folder: string, name: string, fields: Readonly<Record<string, unknown>>) =>
  put(folder, name, JSON.stringify({ ...JSON.parse(readFileSync(join(folder, name), 'utf8')), ...fields }));
/** A file that claims to be large and holds nothing. */
const sparse = (folder: string, name: string, sizeBytes: number, head: Uint8Array = Buffer.from('{')) => {
  put(folder, name, head);
  truncateSync(join(folder, name), sizeBytes);
};
/** One that is as large as it claims. */
const large = (folder: string, name: string, parts: { head: string | Uint8Array; unit: string; sizeBytes: number }) => {
  const file = openSync(join(folder, name), 'w');
  writeSync(file, Buffer.from(parts.head));
  const block = Buffer.alloc(1 << 20, parts.unit);
  for (let left = parts.sizeBytes; left > 0; left -= block.length)
    writeSync(file, block, 0, Math.min(left, block.length));
  closeSync(file);
};
const lengthOf = (headerBytes: number) => {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(headerBytes));
  return head;
};
/** A pickle whose loading runs a command: protocol 0, as text. */
const pickle = ({ fired }: Canaries) => `cposix\nsystem\n(S'touch ${fired}'\ntR.`;
const evilPython = ({ fired }: Canaries) => `open(${JSON.stringify(fired)}, "w").close()\n`;
const weightMap = (folder: string, shardOf: (name: string, index: number) => unknown) => {
  const bytes = readFileSync(join(folder, WEIGHTS));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  return Object.fromEntries(names.map((name, index) => [name, shardOf(name, index)]));
};
/** Shards by an index instead of the single file, which becomes `shard.safetensors`. */
const shard = (folder: string, shardOf: (name: string, index: number) => unknown) => {
  const map = weightMap(folder, shardOf);
  renameSync(join(folder, WEIGHTS), join(folder, 'shard.safetensors'));
  put(folder, INDEX, JSON.stringify({ weight_map: map }));
};
const escapes = ({ weights }: Canaries) => [
  ...[weights, `..${weights}`, '../outside/weights.safetensors', './shard.safetensors', 'sub/shard.safetensors'],
  ...['..\\weights.safetensors', 'file:///weights.safetensors', '%2e%2e/weights.safetensors', '/dev/zero', '..', ''],
  ...[
    'shard.safetensors\0',
    'shard.bin',
    '.hidden.safetensors',
    'a..b.safetensors',
    '~/x.safetensors',
    'é.safetensors',
  ],
];

export const HOSTILE_CLASSES: readonly HostileClass[] = [
  // The configuration
  { name: 'no config', codes: ['CHECKPOINT.CONFIG_MISSING'], make: (folder) => remove(folder, CONFIG) },
  { name: 'config is a pipe', codes: ['CHECKPOINT.CONFIG_MISSING'], make: (folder) => pipe(folder, CONFIG) },
  {
    name: 'config is a folder',
    codes: ['CHECKPOINT.CONFIG_MISSING'],
    make: (folder) => {
      remove(folder, CONFIG);
      mkdirSync(join(folder, CONFIG));
    },
  },
  {
    name: 'config links to a secret',
    codes: [FILE_INVALID],
    make: (folder, { secret }) => link(folder, CONFIG, secret),
  },
  {
    name: 'config links to a device',
    codes: [FILE_INVALID],
    make: (folder, _, { pick }) =>
      link(folder, CONFIG, pick(['/dev/zero', '/dev/random', '/proc/self/environ', '/dev/tty'])),
  },
  { name: 'config links to itself', codes: [FILE_INVALID], make: (folder) => link(folder, CONFIG, CONFIG) },
  {
    name: 'config links to a pipe inside',
    codes: [FILE_INVALID],
    make: (folder) => {
      pipe(folder, 'pipe');
      link(folder, CONFIG, 'pipe');
    },
  },
  {
    name: 'config is no JSON',
    codes: ['CHECKPOINT.JSON_INVALID'],
    make: (folder, canaries, { pick }) =>
      put(
        folder,
        CONFIG,
        pick(['', '{', '[]', 'null', '"x"', '{"a":1e400}', '\ufeff{}', '{"a":NaN}', "{'a':1}", pickle(canaries)]),
      ),
  },
  {
    name: 'config in UTF-16',
    codes: ['CHECKPOINT.JSON_INVALID'],
    make: (folder) => put(folder, CONFIG, Buffer.from(readFileSync(join(folder, CONFIG), 'utf8'), 'utf16le')),
  },
  {
    name: 'config with equal keys',
    codes: ['CHECKPOINT.JSON_INVALID'],
    make: (folder, _, { pick }) =>
      put(
        folder,
        CONFIG,
        readFileSync(join(folder, CONFIG), 'utf8').replace(
          '{',
          `{${pick(['"vocab_size":1,', '"\\u006dodel_type":"x",'])}`,
        ),
      ),
  },
  {
    name: 'config nested deep',
    codes: ['CHECKPOINT.JSON_INVALID'],
    make: (folder, _, { pick }) =>
      put(folder, CONFIG, `{"a":${pick(['[', '{"a":']).repeat(pick([100, 10_000, 90_000]))}`),
  },
  {
    name: 'config of a million lists',
    codes: ['CHECKPOINT.FILE_TOO_LARGE', 'CHECKPOINT.JSON_INVALID'],
    make: (folder, _, { pick }) =>
      put(folder, CONFIG, `{"a":[${Array(pick([300_000, 1_000_000])).fill(pick(['[]', '{}', '0']))}`),
  },
  {
    name: 'config of a gigabyte of holes',
    codes: [FILE_INVALID],
    make: (folder) => sparse(folder, CONFIG, 1 << 30),
  },
  {
    name: 'config with code of its own',
    codes: ['ARCHITECTURE.UNSUPPORTED'],
    make: (folder, canaries) => {
      edit(folder, CONFIG, { model_type: 'evil', auto_map: { AutoConfig: 'configuration_evil.Evil' } });
      put(folder, 'configuration_evil.py', evilPython(canaries));
    },
  },
  {
    name: 'Llama with code beside it',
    codes: [null],
    make: (folder, canaries) => {
      edit(folder, CONFIG, {
        auto_map: { AutoConfig: 'evil.Config', AutoModelForCausalLM: 'evil.Model' },
        custom_code: true,
      });
      for (const name of ['evil.py', 'sitecustomize.py', 'torch.py', '__init__.py', 'conftest.py'])
        put(folder, name, evilPython(canaries));
    },
  },
  {
    name: 'config with impossible sizes',
    codes: ['ARCHITECTURE.CONFIG_INVALID'],
    make: (folder, _, { pick }) =>
      edit(folder, CONFIG, {
        [pick(['num_hidden_layers', 'hidden_size', 'vocab_size', 'intermediate_size'])]: pick([
          0,
          -1,
          0.5,
          1e9,
          '4',
          [],
          {},
        ]),
      }),
  },
  {
    name: 'config larger than the weights',
    codes: ['CHECKPOINT.SHAPE_MISMATCH', 'CHECKPOINT.TENSOR_MISSING'],
    make: (folder, _, { pick }) =>
      edit(
        folder,
        CONFIG,
        pick([{ num_hidden_layers: 4096 }, { vocab_size: 1 << 24 }, { intermediate_size: 1 << 24 }]),
      ),
  },
  {
    name: 'config with keys of the prototype',
    codes: [null],
    make: (folder, _, { pick }) =>
      put(
        folder,
        CONFIG,
        readFileSync(join(folder, CONFIG), 'utf8').replace(
          '{',
          `{"${pick(['__proto__', 'constructor', 'toString'])}":{"model_type":"evil"},`,
        ),
      ),
  },
  // Loaders sent elsewhere
  {
    name: 'config names other weights',
    codes: [REDIRECTS],
    make: (folder, { weights }, { pick }) =>
      edit(folder, CONFIG, { transformers_weights: pick([weights, 'other.safetensors', '../x.safetensors']) }),
  },
  {
    name: 'config names other configurations',
    codes: [REDIRECTS],
    make: (folder) => {
      copyFileSync(join(folder, CONFIG), join(folder, 'config.4.0.0.json'));
      edit(folder, CONFIG, { configuration_files: ['config.4.0.0.json'] });
    },
  },
  {
    name: 'config asks for kernels of a repository',
    codes: [REDIRECTS],
    make: (folder, _, { pick }) =>
      edit(folder, CONFIG, {
        [pick(['attn_implementation', '_attn_implementation'])]: pick([
          'evil/kernel',
          'paged|evil/kernel',
          { '': 'evil/k' },
        ]),
      }),
  },
  {
    name: 'an adapter with a base model elsewhere',
    codes: [REDIRECTS],
    make: (folder, canaries) => {
      put(
        folder,
        'adapter_config.json',
        JSON.stringify({ peft_type: 'LORA', base_model_name_or_path: '/', target_modules: ['q_proj'] }),
      );
      put(folder, 'adapter_model.bin', pickle(canaries));
    },
  },
  {
    name: 'tokenizer of another version',
    codes: [REDIRECTS],
    make: (folder) => {
      copyFileSync(join(folder, TOKENIZER), join(folder, 'tokenizer.4.0.0.json'));
      edit(folder, TOKENIZER_CONFIG, { fast_tokenizer_files: ['tokenizer.4.0.0.json'] });
    },
  },
  // Weights
  {
    name: 'pickled weights alone',
    codes: ['CHECKPOINT.PICKLE_ONLY'],
    make: (folder, canaries, { pick }) => {
      remove(folder, WEIGHTS);
      put(folder, pick(['pytorch_model.bin', 'model.pt', 'consolidated.00.pth', 'last.ckpt']), pickle(canaries));
    },
  },
  {
    name: 'pickles beside the weights',
    codes: [null],
    make: (folder, canaries) => {
      for (const name of ['pytorch_model.bin', 'training_args.bin', 'optimizer.pt', 'vocab.pkl'])
        put(folder, name, pickle(canaries));
    },
  },
  {
    name: 'other bytes under the name of safetensors',
    codes: ['CHECKPOINT.HEADER_LENGTH', 'CHECKPOINT.HEADER_INVALID', 'CHECKPOINT.TRUNCATED'],
    make: (folder, canaries, { pick }) =>
      put(
        folder,
        WEIGHTS,
        pick([
          pickle(canaries),
          'PK\x03\x04'.padEnd(200, 'x'),
          'GGUF'.padEnd(99, '\0'),
          '#!/bin/sh\n',
          '',
          '\0'.repeat(8),
        ]),
      ),
  },
  { name: 'weights are a pipe', codes: ['CHECKPOINT.WEIGHTS_MISSING'], make: (folder) => pipe(folder, WEIGHTS) },
  {
    name: 'weights link outside',
    codes: [FILE_INVALID],
    make: (folder, { weights, secret }, { pick }) =>
      link(folder, WEIGHTS, pick([weights, secret, '/dev/zero', '../outside/weights.safetensors'])),
  },
  {
    name: 'weights link nowhere',
    codes: [FILE_INVALID],
    make: (folder, _, { pick }) => link(folder, WEIGHTS, pick(['nowhere', WEIGHTS, 'a/b/c', 'x'.repeat(255)])),
  },
  {
    name: 'a terabyte of holes as weights',
    codes: [FILE_INVALID],
    make: (folder) => sparse(folder, WEIGHTS, 2 ** 40, readFileSync(join(folder, WEIGHTS))),
  },
  {
    name: 'weights cut short',
    codes: ['CHECKPOINT.TRUNCATED', 'CHECKPOINT.HEADER_LENGTH', 'CHECKPOINT.OFFSET_OUT_OF_RANGE'],
    make: (folder, _, { below }) =>
      truncateSync(join(folder, WEIGHTS), below(readFileSync(join(folder, WEIGHTS)).length)),
  },
  {
    name: 'a header of 99 MB of spaces',
    codes: ['CHECKPOINT.HEADER_INVALID'],
    isHeavy: true,
    make: (folder) =>
      large(folder, WEIGHTS, {
        head: Buffer.concat([lengthOf(99_000_001), Buffer.from('{')]),
        unit: ' ',
        sizeBytes: 99_000_000,
      }),
  },
  {
    name: 'a header of 100,000 tensors with long names',
    codes: ['CHECKPOINT.HEADER_INVALID', 'CHECKPOINT.TENSOR_MISSING'],
    isHeavy: true,
    make: (folder, _, { pick }) => {
      const name = 'n'.repeat(pick([240, 800]));
      const entries = Array.from(
        { length: 100_000 },
        (_, at) => `"${name}${at}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`,
      );
      const header = Buffer.from(`{${entries}}`);
      put(folder, WEIGHTS, Buffer.concat([lengthOf(header.length), header]));
    },
  },
  // The shard index
  {
    name: 'index leaves the folder',
    codes: ['CHECKPOINT.INDEX_ESCAPES'],
    make: (folder, canaries, { pick }) => {
      const target = pick(escapes(canaries));
      shard(folder, () => target);
    },
  },
  {
    name: 'index of a missing shard',
    codes: ['CHECKPOINT.SHARD_MISSING'],
    make: (folder, _, { pick }) =>
      shard(folder, (_, at) =>
        at === 0 ? pick(['gone.safetensors', 'shard.safetensors.safetensors']) : 'shard.safetensors',
      ),
  },
  {
    name: 'index to a linked shard',
    codes: [FILE_INVALID],
    make: (folder, { weights }) => {
      shard(folder, () => 'shard.safetensors');
      link(folder, 'shard.safetensors', weights);
    },
  },
  {
    name: 'index that names no files',
    codes: ['CHECKPOINT.INDEX_INVALID', 'CHECKPOINT.JSON_INVALID'],
    make: (folder, _, { pick }) => {
      remove(folder, WEIGHTS);
      put(
        folder,
        INDEX,
        pick([
          '{}',
          '[]',
          '1',
          '{"weight_map":[]}',
          '{"weight_map":{}}',
          '{"weight_map":{"a":1}}',
          '{"weight_map":{"a":["x"]}}',
          '{"weight_map":',
          '',
        ]),
      );
    },
  },
  {
    name: 'index with equal names',
    codes: ['CHECKPOINT.JSON_INVALID'],
    make: (folder, _, { pick }) => {
      remove(folder, WEIGHTS);
      put(
        folder,
        INDEX,
        pick([
          '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}',
          '{"weight_map":{"a":"x.safetensors"},"weight_map":{"b":"x.safetensors"}}',
        ]),
      );
    },
  },
  {
    name: 'index that gives a tensor to another shard',
    codes: ['CHECKPOINT.TENSOR_MISSING', 'CHECKPOINT.TENSOR_UNEXPECTED'],
    make: (folder, _, { below }) => {
      const odd = below(5);
      shard(folder, (_, at) => (at === odd ? 'second.safetensors' : 'shard.safetensors'));
      copyFileSync(join(folder, 'shard.safetensors'), join(folder, 'second.safetensors'));
    },
  },
  {
    name: 'index of many tensors or shards',
    codes: ['CHECKPOINT.INDEX_INVALID'],
    isHeavy: true,
    make: (folder, _, { pick }) => {
      remove(folder, WEIGHTS);
      const file = pick([() => 'x', (at: number) => `x${at}`]);
      const entries = Array.from({ length: 500_000 }, (_, at) => `"${at}":"${file(at)}.safetensors"`);
      put(folder, INDEX, `{"weight_map":{${entries}}}`.slice(0, 15_900_000));
    },
  },
  {
    name: 'index of a million lists beside the map',
    codes: ['CHECKPOINT.INDEX_INVALID'],
    isHeavy: true,
    make: (folder) => {
      remove(folder, WEIGHTS);
      put(folder, INDEX, `{"metadata":[${Array(5_000_000).fill('[]')}]}`);
    },
  },
  // The tokenizer and what else goes with the weights
  { name: 'no tokenizer', codes: ['CHECKPOINT.TOKENIZER_MISSING'], make: (folder) => remove(folder, TOKENIZER) },
  {
    name: 'tokenizer with ids outside',
    codes: ['CHECKPOINT.TOKENIZER_MISMATCH'],
    make: (folder, _, { pick }) =>
      edit(folder, TOKENIZER, {
        added_tokens: [{ id: pick<unknown>([32, 1e15, -1, 0.5, null, '0', [0]]), content: 'x' }],
      }),
  },
  {
    name: 'tokenizer is no JSON',
    codes: ['CHECKPOINT.TOKENIZER_MISMATCH'],
    make: (folder, canaries, { pick }) =>
      put(
        folder,
        TOKENIZER,
        pick(['', '[]', '{}', '{"model":{}}', '{"model":{"vocab":{}}}', '{"a":'.repeat(9999), pickle(canaries)]),
      ),
  },
  {
    name: 'files beside the weights link to a secret',
    codes: [FILE_INVALID],
    make: (folder, { secret }, { pick }) =>
      link(
        folder,
        pick([TOKENIZER, TOKENIZER_CONFIG, 'generation_config.json', 'merges.txt', 'chat_template.jinja']),
        secret,
      ),
  },
  {
    name: 'a terabyte of holes beside the weights',
    codes: [FILE_INVALID],
    make: (folder, _, { pick }) =>
      sparse(folder, pick([TOKENIZER, 'vocab.json', 'added_tokens.json', 'tokenizer.model']), 2 ** 40),
  },
  {
    name: 'tokenizer_config is no object',
    codes: ['CHECKPOINT.JSON_INVALID'],
    make: (folder, _, { pick }) =>
      put(folder, TOKENIZER_CONFIG, pick(['', '[]', '{"a":1,"a":2}', '{"a":Infinity}', '['.repeat(9999)])),
  },
  { name: 'tokenizer_config is a pipe', codes: [null], make: (folder) => pipe(folder, TOKENIZER_CONFIG) },
  {
    name: 'tokenizer with code and a template that never ends',
    codes: [null],
    make: (folder, canaries) => {
      const template = '{% for i in range(10**9) %}{{ cycler.__init__.__globals__.os.system("touch x") }}{% endfor %}';
      edit(folder, TOKENIZER_CONFIG, {
        auto_map: { AutoTokenizer: ['evil.Tokenizer', null] },
        chat_template: template,
      });
      put(folder, 'chat_template.jinja', template);
      put(folder, 'evil.py', evilPython(canaries));
    },
  },
  {
    name: 'tokenizer of lists alone',
    codes: ['CHECKPOINT.TOKENIZER_MISMATCH', 'CHECKPOINT.FILE_TOO_LARGE'],
    isHeavy: true,
    make: (folder, _, { pick }) =>
      large(folder, TOKENIZER, { head: '{"model":[[],', unit: '[],', sizeBytes: pick([49_000_000, 60_000_000]) }),
  },
  // The folder itself
  {
    name: 'the folder is no folder',
    codes: ['MODEL.FOLDER_MISSING'],
    make: (folder, { secret }, { pick }) => {
      link(folder, 'loop', 'loop');
      return pick([join(folder, 'none'), join(folder, CONFIG), join(folder, 'loop'), secret, '/dev/null']);
    },
  },
  {
    name: 'links in circles and to nowhere beside the model',
    codes: [null],
    make: (folder, { secret }) => {
      link(folder, 'self', '.');
      link(folder, 'up', '..');
      link(folder, 'loop', 'loop');
      link(folder, 'broken', 'nowhere');
      link(folder, 'outside', secret);
    },
  },
  {
    name: 'names that are hard to say',
    codes: [null],
    make: (folder) => {
      for (const name of ['x'.repeat(255), 'a\nb', '\x1b[31m', '-rf', '$(touch x)', ' ', '\u202egnp.exe'])
        put(folder, name, '');
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), '');
    },
  },
  {
    name: 'ten thousand files',
    codes: ['MODEL.FOLDER_TOO_LARGE'],
    isHeavy: true,
    make: (folder) => {
      for (let at = 0; at < 10_000; at += 1) writeFileSync(join(folder, String(at)), '');
    },
  },
  {
    name: 'a hub cache whose blobs are elsewhere',
    codes: [FILE_INVALID],
    make: (folder, { secret, weights }, { pick }) => {
      const snapshot = join(folder, 'hub', 'snapshots', 'main');
      mkdirSync(snapshot, { recursive: true });
      symlinkSync(join(secret, '..'), join(folder, 'hub', 'blobs'));
      for (const name of [WEIGHTS, TOKENIZER, TOKENIZER_CONFIG]) copyFileSync(join(folder, name), join(snapshot, name));
      link(snapshot, CONFIG, pick([secret, weights]));
      return snapshot;
    },
  },
  {
    name: 'weights swapped while they are read',
    codes: [
      null,
      FILE_INVALID,
      'CHECKPOINT.WEIGHTS_MISSING',
      'CHECKPOINT.TRUNCATED',
      'CHECKPOINT.OFFSET_OUT_OF_RANGE',
      'CHECKPOINT.HEADER_LENGTH',
    ],
    make: (folder) => copyFileSync(join(folder, WEIGHTS), join(folder, 'good')),
    disturb: (folder, { weights }) => {
      let turn = 0;
      const steps = [
        () => truncateSync(join(folder, WEIGHTS), 500),
        () => link(folder, WEIGHTS, weights),
        () => pipe(folder, WEIGHTS),
        () => put(folder, WEIGHTS, readFileSync(join(folder, 'good'))),
      ];
      const timer = setInterval(() => {
        steps[turn % steps.length]?.();
        turn += 1;
      }, 1);
      return () => clearInterval(timer);
    },
  },
];
