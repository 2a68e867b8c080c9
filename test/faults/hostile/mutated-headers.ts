import { type Choices, choicesOf } from './random.js';

/** A mutant and what was done to it, for messages. */
export interface Mutant {
  readonly mutation: string;
  readonly bytes: Uint8Array;
}

/** A safetensors file taken apart: header text, and the bytes behind it. */
interface Parts {
  readonly header: string;
  readonly data: Buffer;
}

type Fields = { dtype: unknown; shape: unknown; data_offsets: unknown };
type Header = Record<string, Fields>;

const split = (file: Uint8Array): Parts => {
  const bytes = Buffer.from(file);
  const length = Number(bytes.readBigUInt64LE(0));
  return { header: bytes.toString('utf8', 8, 8 + length), data: bytes.subarray(8 + length) };
};

function join(header: string | Uint8Array, data: Uint8Array, length?: bigint): Buffer {
  const text = Buffer.from(header);
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([head, text, data]);
}

const LENGTHS = [0n, 1n, 7n, 8n, 100_000_000n, 100_000_001n, 1n << 31n, 1n << 32n, (1n << 53n) + 1n, (1n << 64n) - 1n];
const NUMBERS = [
  ...['-1', '-0', '0.5', '1e3', '1e400', '00', '01', '9007199254740991', '9007199254740993', '18446744073709551616'],
  ...['null', 'true', '"4"', '[]', '{}', 'NaN', 'Infinity', '0x10', ''],
];
const DTYPES = ['F8_E4M3', 'F32 ', 'f32', 'BF17', 'C64', '', 'F16', 'F64', 'I64', 'U8', 'BOOL', '__proto__', 'F32\0'];
const NAMES = [
  '__metadata__',
  '__proto__',
  'constructor',
  '',
  '\ud800',
  '../../etc/passwd',
  'x'.repeat(1000),
  '\0',
  '💥',
];
const WEDGES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u12',
  '\\ud800',
  '//',
  '\ufeff',
  '\n',
  ' ',
  '\0',
  '\x1f',
  "'",
];

/** Replaces one field of one tensor by what a JSON text cannot hide: the value's own spelling. */
function setField(header: string, choices: Choices, field: 'dtype' | 'shape' | 'data_offsets', text: string): string {
  const places = [...header.matchAll(new RegExp(`"${field}":("[^"]*"|\\[[^\\]]*\\])`, 'g'))];
  const place = choices.pick(places);
  return `${header.slice(0, place.index)}"${field}":${text}${header.slice(place.index + place[0].length)}`;
}

/** One change of the header as a value: the syntax stays valid, the meaning does not. */
function changeMeaning(header: string, choices: Choices): string {
  const parsed: Header = JSON.parse(header);
  const names = Object.keys(parsed).filter((name) => name !== '__metadata__');
  const name = choices.pick(names);
  const other = choices.pick(names);
  const tensor = parsed[name];
  const second = parsed[other];
  if (!tensor || !second) throw new Error('a header without tensors');
  const edits: readonly (() => unknown)[] = [
    () => delete parsed[name],
    () => Object.assign(parsed, { [`${name}.again`]: tensor }),
    () => Object.assign(parsed, { [choices.pick(NAMES)]: tensor }),
    () =>
      Object.assign(parsed, { __metadata__: choices.pick<unknown>([1, null, [], { a: 1 }, { a: { b: 'c' } }, 'x']) }),
    () => delete (tensor as Partial<Fields>)[choices.pick(['dtype', 'shape', 'data_offsets'] as const)], // The mutation.
    () => Object.assign(tensor, { extra: choices.pick<unknown>([1, null, 'x', [[]]]) }),
    () => Object.assign(tensor, { data_offsets: second.data_offsets }),
    () => Object.assign(tensor, { shape: second.shape }),
    () => Object.assign(parsed, { [name]: choices.pick<unknown>([null, 1, 'x', [], [tensor]]) }),
  ];
  choices.pick(edits)();
  return JSON.stringify(parsed);
}

/** The mutations by name. Each gets a valid file and may leave it valid: what is accepted is checked against the reference. */
const MUTATIONS: Readonly<Record<string, (parts: Parts, choices: Choices) => Buffer>> = {
  length: ({ header, data }, { pick }) => join(header, data, pick(LENGTHS)),
  'length by a little': ({ header, data }, { below }) =>
    join(header, data, BigInt(Buffer.byteLength(header) + below(17)) - 8n),
  number: ({ header, data }, choices) => {
    const field = choices.pick(['shape', 'data_offsets'] as const);
    const values = [choices.pick(NUMBERS), choices.pick(NUMBERS)].slice(0, 1 + choices.below(2));
    return join(setField(header, choices, field, `[${values.join(',')}]`), data);
  },
  'long shape': ({ header, data }, choices) =>
    join(
      setField(
        header,
        choices,
        'shape',
        `[${Array(choices.pick([15, 16, 17, 40])).fill(choices.pick(['0', '1', '9007199254740991']))}]`,
      ),
      data,
    ),
  dtype: ({ header, data }, choices) =>
    join(setField(header, choices, 'dtype', JSON.stringify(choices.pick(DTYPES))), data),
  'offset by one': ({ header, data }, choices) => {
    const parsed: Record<string, { data_offsets: [number, number] }> = JSON.parse(header);
    const offsets = choices.pick(Object.values(parsed).filter((value) => value.data_offsets)).data_offsets;
    const side = choices.pick([0, 1] as const);
    offsets[side] += choices.pick([-8, -2, -1, 1, 2, 8]);
    return join(JSON.stringify(parsed), data);
  },
  'duplicate key': ({ header, data }, choices) => {
    const [first = ''] = /"[^"]+":\{[^}]*\}/.exec(header.slice(choices.below(header.length))) ?? [];
    return join(`${header.slice(0, header.lastIndexOf('}'))},${first || '"a":1,"a":1'}}`, data);
  },
  nesting: ({ header, data }, { pick }) => {
    const depth = pick([10, 65, 5000, 200_000]);
    return join(header.replace('{', `{"deep":${pick(['[', '{"a":'])}`.padEnd(depth, '[')), data);
  },
  meaning: ({ header, data }, choices) => join(changeMeaning(header, choices), data),
  syntax: ({ header, data }, { below, pick }) => {
    const at = below(header.length);
    return join(header.slice(0, at) + pick(WEDGES) + header.slice(at + below(3)), data);
  },
  'not UTF-8': ({ header, data }, { below, pick }) => {
    const bytes = Buffer.from(header);
    bytes[below(bytes.length)] = pick([0x80, 0xc0, 0xed, 0xf5, 0xff]);
    return join(bytes, data);
  },
  'header cut': ({ header, data }, { below }) => join(header.slice(0, below(header.length)), data),
  'file cut': ({ header, data }, { below }) => {
    const whole = join(header, data);
    return whole.subarray(0, below(whole.length));
  },
  'trailing bytes': ({ header, data }, { below }) => join(header, Buffer.concat([data, Buffer.alloc(1 + below(64))])),
  'bits flipped': ({ header, data }, { below }) => {
    const whole = join(header, data);
    for (let left = 1 + below(4); left > 0; left -= 1) {
      const at = below(8 + Buffer.byteLength(header));
      whole[at] = (whole[at] ?? 0) ^ (1 << below(8));
    }
    return whole;
  },
  noise: (_, { below }) => Buffer.from(Array.from({ length: below(300) }, () => below(256))),
  spaces: ({ header, data }, { below }) => join(header + ' '.repeat(below(200)), data),
};

const NAMES_OF_MUTATIONS = Object.keys(MUTATIONS);

/** The mutant of that number: a number always gives the same one. One in three is changed twice. */
export function mutateHeader(file: Uint8Array, seed: number): Mutant {
  const choices = choicesOf(seed);
  const first = choices.pick(NAMES_OF_MUTATIONS);
  const once = MUTATIONS[first]?.(split(file), choices) ?? Buffer.from(file);
  if (choices.below(3) > 0) return { mutation: first, bytes: once };
  const second = choices.pick(['length', 'bits flipped', 'file cut', 'trailing bytes']);
  // The first mutation may have left nothing to take apart: then it stands alone.
  try {
    return { mutation: `${first}, ${second}`, bytes: MUTATIONS[second]?.(split(once), choices) ?? once };
  } catch {
    return { mutation: first, bytes: once };
  }
}
