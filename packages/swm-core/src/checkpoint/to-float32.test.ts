import { describe, expect, test } from 'vitest';
import type { TensorDtype } from './model-source.js';
import { toFloat32 } from './to-float32.js';

const convert = (dtype: TensorDtype, bytes: Uint8Array) =>
  toFloat32({ name: 'a', dtype, shape: [bytes.length], sizeBytes: bytes.length }, bytes);
const halves = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

/** IEEE 754 binary16 by its definition. */
function f16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction;
}

describe('toFloat32', () => {
  test('every f16', () => {
    const all = Array.from({ length: 65_536 }, (_, half) => half);
    expect([...convert('F16', halves(...all))]).toEqual(all.map(f16));
  });

  test('every bf16 is the upper half of its f32', () => {
    const all = Array.from({ length: 65_536 }, (_, half) => half);
    const bits = new Uint32Array(convert('BF16', halves(...all)).buffer);
    expect([...bits]).toEqual(all.map((half) => (half << 16) >>> 0));
  });

  test.each(['F32', 'BF16', 'F16'] as const)('%s at an odd address', (dtype) => {
    const bytes = new Uint8Array(17).subarray(1);
    bytes.set([0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f]);
    expect([...convert(dtype, bytes)]).toEqual([...convert(dtype, bytes.slice())]);
  });

  test('other dtypes are refused', () => {
    expect(() => convert('I8', new Uint8Array(4))).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT.DTYPE_UNSUPPORTED' }),
    );
  });
});
