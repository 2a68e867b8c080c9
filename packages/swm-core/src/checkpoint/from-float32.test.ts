import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFloat32 } from './from-float32.js';
import { toFloat32 } from './to-float32.js';

const decode = (bytes: Uint8Array, dtype: 'BF16' | 'F16' | 'F32') =>
  toFloat32({ name: 'x', dtype, shape: [], sizeBytes: bytes.length }, bytes);

describe.each(['BF16', 'F16'] as const)('fromFloat32 to %s', (dtype) => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const values = decode(new Uint8Array(all.buffer), dtype);
  /** Every finite value, ascending. */
  const grid = [...new Set([...values].filter(Number.isFinite))].sort((a, b) => a - b);

  it('gives every stored value back, bit for bit but for the payload of a NaN', () => {
    const stored = new Uint16Array(fromFloat32(values.slice(), dtype).slice().buffer);
    for (const [bits, value] of values.entries()) {
      if (Number.isNaN(value))
        expect(decode(new Uint8Array(Uint16Array.of(stored[bits] ?? 0).buffer), dtype)[0]).toBeNaN();
      else if (stored[bits] !== bits) expect([bits, stored[bits]]).toEqual([bits, bits]);
    }
  });

  it('rounds to the nearest, ties to even', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: grid.length - 2 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (at, part) => {
          const [low = 0, high = 0] = [grid[at], grid[at + 1]];
          const between = Math.fround(low + (high - low) * part);
          const found = decode(fromFloat32(Float32Array.of(between), dtype), dtype)[0] ?? Number.NaN;
          const away = Math.abs(found - between);
          expect(away).toBeLessThanOrEqual(Math.min(Math.abs(between - low), Math.abs(high - between)));
        },
      ),
    );
    const even = dtype === 'BF16' ? 1 / 128 : 1 / 1024; // one unit in the last place of 1
    const of = (value: number) => decode(fromFloat32(Float32Array.of(value), dtype), dtype)[0];
    expect(of(1 + even / 2)).toBe(1);
    expect(of(1 + (3 * even) / 2)).toBe(1 + 2 * even);
  });

  it('becomes infinite beyond the range', () => {
    const found = decode(fromFloat32(Float32Array.of(3.4e38, -3.4e38, Number.POSITIVE_INFINITY), 'F16'), 'F16');
    expect([...found]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

it('fromFloat32 to F32 changes nothing', () => {
  const values = Float32Array.of(0, -0, 1.1, Number.NaN);
  expect(decode(fromFloat32(values, 'F32'), 'F32')).toEqual(values);
});
