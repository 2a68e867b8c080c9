import type { TensorDtype } from './model-source.js';

/** f32 as stored little-endian bytes of F32, BF16 or F16, rounded to the nearest, ties to even; too large becomes infinite. */
export function fromFloat32(values: Float32Array, dtype: TensorDtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (dtype !== 'BF16' && dtype !== 'F16') throw new TypeError(`fromFloat32: ${dtype} is no dtype of weights`);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const stored = new Uint16Array(values.length);
  const round = dtype === 'BF16' ? bf16Of : f16Of;
  // Index loops: at(i) is within bounds by construction, and `forEach` is five times slower.
  for (let i = 0; i < stored.length; i += 1) stored[i] = round(bits[i] ?? 0);
  return new Uint8Array(stored.buffer);
}

const isNan = (bits: number): boolean => (bits & 0x7fff_ffff) > 0x7f80_0000;

/** f32 bits to bfloat16 bits. */
function bf16Of(bits: number): number {
  if (isNan(bits)) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** f32 bits to IEEE 754 binary16 bits. */
function f16Of(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  if (isNan(bits)) return sign | 0x7e00;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  if (exponent > 15) return sign | 0x7c00;
  // The significand with its leading 1; a subnormal keeps fewer of its bits. Rounding may carry into the exponent, which is right.
  const significand = (bits & 0x7f_ffff) | 0x80_0000;
  const dropped = exponent < -14 ? Math.min(13 - 14 - exponent, 31) : 13;
  const kept = dropped > 24 ? 0 : significand >>> dropped;
  const rest = significand - kept * 2 ** dropped;
  const half = 2 ** (dropped - 1);
  const rounded = rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
  // A normal number's leading 1 counts as one exponent step.
  const base = exponent < -14 ? 0 : (exponent + 14) << 10;
  return sign | (base + rounded);
}
