import { expect, it } from 'vitest';
import { layerTensorName } from '../architecture/architecture.js';
import { LLAMA } from '../architecture/llama.js';
import { generateLlama } from '../checkpoint/generated-llama.js';
import { openModel } from '../checkpoint/open-model.js';
import { layerMagnitudes } from './layer-magnitudes.js';

it.each(['F32', 'BF16', 'F16'] as const)('layerMagnitudes sums every weight of each %s layer', async (dtype) => {
  const model = await openModel(generateLlama({ seed: 3, dtype, shards: 3 }));
  const expected: number[] = [];
  for (let layer = 0; layer < model.config.depth; layer += 1) {
    const names = [...model.tensors.keys()].filter((name) => name.startsWith(layerTensorName(LLAMA, layer, '')));
    expect(names).toHaveLength(9);
    const sums = await Promise.all(
      names.map(async (name) => (await model.readFloat32(name)).reduce((sum, value) => sum + Math.abs(value), 0)),
    );
    expected.push(sums.reduce((sum, value) => sum + value, 0));
  }
  const found = await layerMagnitudes(model);
  expect(found).toHaveLength(expected.length);
  for (const [layer, value] of expected.entries()) expect(found[layer]).toBeCloseTo(value, 8);
  expect(new Set(found).size).toBe(found.length);
});

it('layerMagnitudes stops where it is told to', async () => {
  const model = await openModel(generateLlama({ seed: 3 }));
  await expect(layerMagnitudes(model, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
