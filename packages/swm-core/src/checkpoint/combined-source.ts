import { mergeNotFinite } from './checkpoint-errors.js';
import { fromFloat32 } from './from-float32.js';
import type { ByteSource, TensorDtype } from './model-source.js';
import type { StoredTensor } from './open-model.js';
import { dtypeBytes } from './safetensors.js';
import { toFloat32 } from './to-float32.js';

/** A stored weight's share in a computed one. */
export interface TensorTerm {
  readonly tensor: StoredTensor;
  readonly weight: number;
}

/** Σ weight × tensor over elements first … first + count - 1, in f64. */
async function sumOf(terms: readonly TensorTerm[], first: number, count: number): Promise<Float32Array> {
  const sum = new Float64Array(count);
  for (const { tensor, weight } of terms) {
    const size = dtypeBytes(tensor.dtype);
    const values = toFloat32(tensor, await tensor.source.read(tensor.offset + first * size, count * size));
    for (let i = 0; i < count; i += 1) sum[i] = (sum[i] ?? 0) + weight * (values[i] ?? Number.NaN);
  }
  return Float32Array.from(sum);
}

/**
 * A weight that is computed while it is read: the weighted sum of stored ones of equal shape, rounded once to f32 and once to
 * `dtype`. Reading throws `MERGE.NON_FINITE` where a value is NaN or leaves the dtype's range.
 */
export function combinedSource(
  name: string,
  terms: readonly TensorTerm[],
  dtype: TensorDtype,
  sizeBytes: number,
): ByteSource {
  const size = dtypeBytes(dtype);
  return {
    sizeBytes,
    read: async (offset, length) => {
      const first = Math.floor(offset / size);
      const count = Math.ceil((offset + length) / size) - first;
      const bytes = fromFloat32(await sumOf(terms, first, count), dtype);
      const stored = toFloat32({ name, dtype, shape: [count], sizeBytes: bytes.length }, bytes);
      if (!stored.every(Number.isFinite)) throw mergeNotFinite(name, dtype);
      return bytes.subarray(offset - first * size, offset - first * size + length);
    },
  };
}
