import { expect, test } from 'vitest';
import type { ByteSource } from './model-source.js';
import { MAX_PARSED_BYTES, parseBytes } from './parse-bytes.js';

/** A source of one repeated byte that nobody holds in memory. */
const sourceOf = (byte: number): ByteSource => ({
  sizeBytes: MAX_PARSED_BYTES,
  read: async (_, length) => new Uint8Array(length).fill(byte),
  readInto: async (_, target) => {
    target.fill(byte);
    await new Promise((resolve) => setImmediate(resolve));
  },
});
/** The sum of its first and last bytes, and how many there are. */
const ends = (bytes: Uint8Array) => [bytes[0], bytes.at(-1), bytes.length];

test('large pieces are parsed one after the other, each as its source has it', async () => {
  const sizeBytes = 3 << 20;
  const bytes = [1, 2, 3, 4, 5];
  const parsed = await Promise.all(bytes.map((byte) => parseBytes(sourceOf(byte), { offset: 0, sizeBytes }, ends)));
  expect(parsed).toEqual(bytes.map((byte) => [byte, byte, sizeBytes]));
});

test('a failure is its caller’s alone, and small pieces wait for nobody', async () => {
  const fail = () => {
    throw new Error('no header');
  };
  const failed = parseBytes(sourceOf(1), { offset: 0, sizeBytes: 2 << 20 }, fail);
  await expect(parseBytes(sourceOf(2), { offset: 0, sizeBytes: 10 }, ends)).resolves.toEqual([2, 2, 10]);
  await expect(failed).rejects.toThrow('no header');
  await expect(parseBytes(sourceOf(3), { offset: 0, sizeBytes: 2 << 20 }, ends)).resolves.toEqual([3, 3, 2 << 20]);
});
