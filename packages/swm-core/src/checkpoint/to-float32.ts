import { dtypeUnsupported } from './checkpoint-errors.js';
import type { TensorEntry } from './model-source.js';

let halfBits: Uint32Array | undefined;

/**
 * A stored tensor as f32, exactly (bf16 and f16 are subsets of f32). `bytes` are little-endian, of any alignment; an
 * aligned F32 tensor is returned as a view of them. Other dtypes throw `CHECKPOINT.DTYPE_UNSUPPORTED`.
 */
export function toFloat32(tensor: TensorEntry, bytes: Uint8Array): Float32Array {
  if (tensor.dtype === 'F32') {
    const { buffer, byteOffset } = aligned(bytes, 4);
    return new Float32Array(buffer, byteOffset, bytes.length / 4);
  }
  if (tensor.dtype !== 'BF16' && tensor.dtype !== 'F16') throw dtypeUnsupported(tensor.name, tensor.dtype);
  const { buffer, byteOffset } = aligned(bytes, 2);
  const stored = new Uint16Array(buffer, byteOffset, bytes.length / 2);
  return new Float32Array((tensor.dtype === 'BF16' ? widenBf16(stored) : widenF16(stored)).buffer);
}

function widenBf16(stored: Uint16Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(stored.length);
  // Index loops: at(i) is within bounds by construction, and `forEach` is five times slower.
  for (let i = 0; i < bits.length; i += 1) bits[i] = (stored[i] ?? 0) << 16;
  return bits;
}

function widenF16(stored: Uint16Array): Uint32Array<ArrayBuffer> {
  halfBits ??= Uint32Array.from({ length: 65_536 }, (_, half) => f16Bits(half));
  const bits = new Uint32Array(stored.length);
  for (let i = 0; i < bits.length; i += 1) bits[i] = halfBits[stored[i] ?? 0] ?? 0;
  return bits;
}

/** IEEE 754 binary16 to binary32 bits, subnormals, infinities and NaN payloads included. */
function f16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f80_0000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // A subnormal is fraction * 2^-24, which f32 holds as a normal number.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

function aligned(bytes: Uint8Array, elementBytes: number): { buffer: ArrayBufferLike; byteOffset: number } {
  return bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
}
