import { layerTensorName, layerTensors } from '../architecture/architecture.js';
import { type StoredModel, type StoredTensor, storedTensor } from '../checkpoint/open-model.js';
import { dtypeBytes } from '../checkpoint/safetensors.js';
import { toFloat32 } from '../checkpoint/to-float32.js';

/** Weights read at once: 4 MB as f32. */
const CHUNK = 1 << 20;

async function absoluteSum(tensor: StoredTensor, signal: AbortSignal | undefined): Promise<number> {
  const { source, offset, sizeBytes, dtype } = tensor;
  const chunkBytes = CHUNK * dtypeBytes(dtype);
  let sum = 0;
  for (let at = 0; at < sizeBytes; at += chunkBytes) {
    signal?.throwIfAborted();
    const bytes = await source.read(offset + at, Math.min(chunkBytes, sizeBytes - at));
    for (const value of toFloat32(tensor, bytes)) sum += Math.abs(value);
  }
  return sum;
}

/** Sum of absolute weights of each layer, projections, norms and biases, in f64, straight from the checkpoint in small reads. → [L] */
export async function layerMagnitudes(model: StoredModel, signal?: AbortSignal): Promise<number[]> {
  const { architecture, config, tensors } = model;
  const magnitudes: number[] = [];
  for (let layer = 0; layer < config.depth; layer += 1) {
    let sum = 0;
    for (const { name } of layerTensors(architecture))
      sum += await absoluteSum(storedTensor(tensors, layerTensorName(architecture, layer, name)), signal);
    magnitudes.push(sum);
  }
  return magnitudes;
}
