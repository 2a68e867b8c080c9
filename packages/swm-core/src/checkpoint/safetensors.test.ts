import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memorySource } from './memory-folder.js';
import type { ByteSource } from './model-source.js';
import {
  MAX_HEADER_BYTES,
  MAX_TENSORS_PER_FILE,
  readSafetensorsHeader,
  writeSafetensorsHeader,
} from './safetensors.js';

/** A file of that header text (length written for it unless given) and that many data bytes. */
function file(header: string | Uint8Array, dataBytes: number, headerLength?: number | bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (dtype: string, shape: readonly number[], first: number, last: number) =>
  `{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${first},${last}]}`;
const F32 = tensor('F32', [2], 0, 8);

async function codeOf(source: ByteSource): Promise<string> {
  try {
    await readSafetensorsHeader(source, 'model.safetensors');
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code; // A CodedError, or the comparison fails.
  }
}

const MALFORMED: readonly (readonly [what: string, code: string, bytes: Uint8Array])[] = [
  ['an empty file', 'TRUNCATED', new Uint8Array(0)],
  ['a file shorter than the header length', 'TRUNCATED', new Uint8Array(7)],
  ['a header length beyond the file', 'HEADER_LENGTH', file(`{"a":${F32}}`, 8, 10_000)],
  ['a header length beyond 100 MB', 'HEADER_LENGTH', file('{}', 0, MAX_HEADER_BYTES + 1)],
  ['a header length of 2^64 - 1', 'HEADER_LENGTH', file('{}', 0, 2n ** 64n - 1n)],
  ['a header length of zero', 'HEADER_INVALID', file('', 0)],
  ['a pickle', 'HEADER_LENGTH', Uint8Array.from([0x80, 4, 0x95, 0x10, 0, 0, 0, 0, 0, 0, 0])],
  ['a header that is not JSON', 'HEADER_INVALID', file('{"a":', 0)],
  ['a header that is a list', 'HEADER_INVALID', file('[]', 0)],
  ['white space before the header', 'HEADER_INVALID', file(' {}', 0)],
  ['text after the header', 'HEADER_INVALID', file(`{"a":${F32}}{}`, 8)],
  ['a comma too many', 'HEADER_INVALID', file(`{"a":${F32},}`, 8)],
  ['a comma missing', 'HEADER_INVALID', file(`{"a":${F32} "b":${tensor('U8', [0], 8, 8)}}`, 8)],
  [
    'invalid UTF-8 in a name',
    'HEADER_INVALID',
    file(Buffer.concat([Buffer.from('{"'), Buffer.from([0xff]), Buffer.from(`":${F32}}`)]), 8),
  ],
  ['a control character in a name', 'HEADER_INVALID', file(`{"a\u0001":${F32}}`, 8)],
  ['a bad escape in a name', 'HEADER_INVALID', file(`{"a\\x":${F32}}`, 8)],
  ['an unfinished string', 'HEADER_INVALID', file('{"a', 0)],
  ['a tensor name of 2 KB', 'HEADER_INVALID', file(`{"${'a'.repeat(2048)}":${F32}}`, 8)],
  ['the same tensor twice', 'DUPLICATE_KEY', file(`{"a":${F32},"a":${tensor('F32', [2], 8, 16)}}`, 16)],
  [
    'the same tensor twice, once escaped',
    'DUPLICATE_KEY',
    file(`{"a":${F32},"\\u0061":${tensor('F32', [2], 8, 16)}}`, 16),
  ],
  ['a field twice', 'DUPLICATE_KEY', file('{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}', 8)],
  [
    'offsets twice',
    'DUPLICATE_KEY',
    file('{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"data_offsets":[0,8]}}', 8),
  ],
  ['metadata twice', 'DUPLICATE_KEY', file('{"__metadata__":{},"__metadata__":{}}', 0)],
  ['a metadata key twice', 'DUPLICATE_KEY', file('{"__metadata__":{"format":"pt","format":"tf"}}', 0)],
  ['metadata that is no string', 'HEADER_INVALID', file('{"__metadata__":{"format":1}}', 0)],
  ['metadata with a bad escape', 'HEADER_INVALID', file('{"__metadata__":{"format":"\\u12g4"}}', 0)],
  ['an unknown dtype', 'DTYPE_UNKNOWN', file(`{"a":${tensor('F31', [2], 0, 8)}}`, 8)],
  ['a dtype from the prototype', 'DTYPE_UNKNOWN', file(`{"a":${tensor('constructor', [2], 0, 8)}}`, 8)],
  ['a dtype that is a number', 'HEADER_INVALID', file('{"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}', 8)],
  ['no dtype', 'HEADER_INVALID', file('{"a":{"shape":[2],"data_offsets":[0,8]}}', 8)],
  ['no shape', 'HEADER_INVALID', file('{"a":{"dtype":"F32","data_offsets":[0,8]}}', 8)],
  ['no offsets', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[2]}}', 8)],
  ['one offset', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}', 8)],
  ['three offsets', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}', 8)],
  ['an unknown field', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}', 8)],
  ['a negative size', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', 8)],
  ['a fractional size', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}', 8)],
  ['an exponent', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', 8)],
  ['a leading zero', 'HEADER_INVALID', file('{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}', 8)],
  [
    'a size beyond 2^53',
    'HEADER_INVALID',
    file('{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}', 8),
  ],
  ['a rank of 17', 'HEADER_INVALID', file(`{"a":${tensor('F32', Array(17).fill(1), 0, 4)}}`, 4)],
  [
    'a shape whose product overflows',
    'SIZE_MISMATCH',
    file(`{"a":${tensor('F32', [2 ** 52, 2 ** 52, 2 ** 52], 0, 8)}}`, 8),
  ],
  ['a size other than shape x dtype', 'SIZE_MISMATCH', file(`{"a":${tensor('F32', [3], 0, 8)}}`, 8)],
  ['a truncated file', 'OFFSET_OUT_OF_RANGE', file(`{"a":${F32}}`, 7)],
  ['offsets in the wrong order', 'OFFSET_OUT_OF_RANGE', file(`{"a":${tensor('F32', [2], 8, 0)}}`, 8)],
  ['overlapping tensors', 'OVERLAP', file(`{"a":${F32},"b":${tensor('F32', [2], 4, 12)}}`, 12)],
  ['two tensors on the same bytes', 'OVERLAP', file(`{"a":${F32},"b":${F32}}`, 8)],
  ['a hole before the first tensor', 'HOLE', file(`{"a":${tensor('F32', [2], 4, 12)}}`, 12)],
  ['a hole between tensors', 'HOLE', file(`{"a":${F32},"b":${tensor('F32', [1], 12, 16)}}`, 16)],
  ['trailing bytes', 'TRAILING_BYTES', file(`{"a":${F32}}`, 9)],
  ['data without tensors', 'TRAILING_BYTES', file('{}', 4)],
];

describe('malformed safetensors are refused by class', () => {
  test.each(MALFORMED)('%s: CHECKPOINT.%s', async (_, code, bytes) => {
    expect(await codeOf(memorySource(bytes))).toBe(`CHECKPOINT.${code}`);
  });
});

describe('well-formed safetensors are read', () => {
  const accepted: readonly (readonly [what: string, bytes: Uint8Array, names: readonly string[]])[] = [
    ['no tensor', file('{}', 0), []],
    ['padding after the header', file('{}      ', 0), []],
    ['metadata and escapes', file(`{"__metadata__":{"format":"pt","n\\u00e9":"\\"\\n"},"a\\/b":${F32}}`, 8), ['a/b']],
    [
      'tensors out of order, one of them empty',
      file(`{"b":${tensor('BOOL', [4], 8, 12)},"e":${tensor('F16', [0, 3], 8, 8)},"a":${F32}}`, 12),
      ['a', 'e', 'b'],
    ],
    ['a scalar', file(`{"s":${tensor('I64', [], 0, 8)}}`, 8), ['s']],
    ['a name from the prototype', file(`{"__proto__":${F32}}`, 8), ['__proto__']],
  ];
  test.each(accepted)('%s', async (_, bytes, names) => {
    const tensors = await readSafetensorsHeader(memorySource(bytes), 'x');
    expect(tensors.map(({ name }) => name)).toEqual(names);
  });

  test('offsets count from the first byte of the file', async () => {
    const [a] = await readSafetensorsHeader(memorySource(file(`{"a":${F32}}`, 8)), 'x');
    expect(a).toEqual({ name: 'a', dtype: 'F32', shape: [2], sizeBytes: 8, offset: 8 + `{"a":${F32}}`.length });
  });

  test('what the writer writes, the reader reads; headers are padded to 8 bytes', async () => {
    const entries = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
        shape: fc.array(fc.nat(5), { maxLength: 4 }),
      }),
      { selector: ({ name }) => name },
    );
    await fc.assert(
      fc.asyncProperty(entries, async (drawn) => {
        const tensors = drawn
          .filter(({ name }) => name !== '__metadata__')
          .map(({ name, shape }) => ({
            name,
            dtype: 'F16' as const,
            shape,
            sizeBytes: 2 * shape.reduce((a, b) => a * b, 1),
          }));
        const header = writeSafetensorsHeader(tensors);
        const data = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        const read = await readSafetensorsHeader(
          memorySource(new Uint8Array([...header, ...new Uint8Array(data)])),
          'x',
        );
        expect(header.length % 8).toBe(0);
        expect(new Set(read.map(({ offset: _, ...entry }) => entry))).toEqual(new Set(tensors));
      }),
    );
  });

  test('any damage to a header is refused with a code or still describes every byte', async () => {
    const good = file(`{"__metadata__":{"format":"pt"},"a":${F32},"b":${tensor('BF16', [2, 2], 8, 16)}}`, 16);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 17), fc.nat(255), async (at, byte) => {
        const bad = good.slice();
        bad[at] = byte;
        expect(await codeOf(memorySource(bad))).toMatch(/^(accepted|CHECKPOINT\.[A-Z_]+)$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a hostile header costs at most 1 s and its own size plus 64 MB', () => {
  const cap = MAX_HEADER_BYTES;
  const repeat = (first: string, unit: string, last: string) => {
    const bytes = Buffer.alloc(cap, unit);
    bytes.write(first);
    bytes.write(last, cap - last.length);
    return bytes;
  };
  const hostile: readonly (readonly [what: string, code: string, make: () => Uint8Array])[] = [
    ['100 MB of white space', 'HEADER_INVALID', () => repeat('{', ' ', 'x')],
    ['one string of 100 MB', 'HEADER_INVALID', () => repeat('{"', 'a', '":1}')],
    ['one metadata value of 100 MB', 'HEADER_INVALID', () => repeat('{"__metadata__":{"a":"', 'a', '"}]')],
    ['100 MB of nested lists', 'HEADER_INVALID', () => repeat('{"a":', '[', ']')],
    ['a shape of 50 million sizes', 'HEADER_INVALID', () => repeat('{"a":{"shape":[', '1,', '1]}}')],
    [
      '10 million metadata keys',
      'HEADER_INVALID',
      () => {
        const text = Array.from({ length: 20_000 }, (_, i) => `"${i}":""`).join(',');
        return repeat(`{"__metadata__":{${text},`, ' ', '}}');
      },
    ],
    [
      'too many tensors',
      'TOO_MANY_TENSORS',
      () => {
        const text = Array.from(
          { length: MAX_TENSORS_PER_FILE + 1 },
          (_, i) => `"model.layers.${i}.weight":${tensor('U8', [0], 0, 0)}`,
        );
        return Buffer.from(`{${text.join(',')}}`);
      },
    ],
  ];
  test.each(hostile)('%s: CHECKPOINT.%s', { timeout: 60_000 }, async (_, code, make) => {
    const header = make();
    const head = file('', 0, header.length).subarray(0, 8);
    // A copy per read, as from a file: the header's own bytes are part of what is measured.
    const source: ByteSource = {
      sizeBytes: 8 + header.length,
      read: async (offset, length) =>
        offset === 0 ? head : new Uint8Array(header.subarray(offset - 8, offset - 8 + length)),
    };
    globalThis.gc?.();
    const rssBefore = process.memoryUsage().rss;
    // Of the processor, not of the wall clock: other tests run beside this one.
    const began = process.cpuUsage();
    expect(await codeOf(source)).toBe(`CHECKPOINT.${code}`);
    const { user, system } = process.cpuUsage(began);
    const tookMs = (user + system) / 1000;
    const grownMb = (process.memoryUsage().rss - rssBefore) / 1e6;
    expect(tookMs).toBeLessThan(1000);
    expect(grownMb).toBeLessThan(100 + 64);
  });
});
