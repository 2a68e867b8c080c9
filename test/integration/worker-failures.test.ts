import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTinyModel, type Stack, startStack } from '../support/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

const base = { calibration: { samples: 2, tokens: 16 }, latency: 'NONE', stopAfter: 'SEARCH_PLAN' };
const errorOf = async (id: string) =>
  (
    await stack.graphql(
      'query ($id: ID!) { experiment(id: $id) { state error { code message fix } stages { name state error { code } } } }',
      { id },
    )
  ).experiment;

describe('what goes wrong is said, and others go on', () => {
  it('changed weights, an unreachable target, too few documents; a good one in between succeeds', async () => {
    const changedFolder = makeTinyModel(join(stack.scratch, 'changed'), { layers: 6, seed: 1 });
    const goodFolder = makeTinyModel(join(stack.scratch, 'good'), { layers: 6, seed: 2 });
    const [changedModel, goodModel] = [await stack.register(changedFolder), await stack.register(goodFolder)];
    const weights = readFileSync(join(changedFolder, 'model.safetensors'));
    weights[weights.length - 5] = (weights[weights.length - 5] ?? 0) ^ 1;
    writeFileSync(join(changedFolder, 'model.safetensors'), weights);

    const changed = await stack.launch({ ...base, modelId: changedModel, method: { dense: {} } });
    const good = await stack.launch({ ...base, modelId: goodModel, method: { swm: { threshold: 0.5 } } });
    const hungry = await stack.launch({
      ...base,
      modelId: goodModel,
      method: { swm: { threshold: 0.5 } },
      calibration: { samples: 1000, tokens: 16 },
    });
    expect(await stack.finished(changed)).toBe('FAILED');
    expect(await errorOf(changed)).toMatchObject({
      error: { code: 'MODEL.CHANGED', fix: expect.stringContaining('Register') },
    });
    expect(await stack.finished(good)).toBe('SUCCEEDED');
    expect(await stack.finished(hungry)).toBe('FAILED');
    expect(await errorOf(hungry)).toMatchObject({ error: { code: 'CALIBRATION.TOO_FEW' } });
    expect(await stack.db.checkpoint.count()).toBe(0);
  });

  it('weights that are not finite are blamed on their layer', async () => {
    const folder = makeTinyModel(join(stack.scratch, 'nan'), { layers: 5, seed: 3 });
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString('utf8'));
    const [first] = header['model.layers.2.mlp.down_proj.weight'].data_offsets;
    bytes.writeFloatLE(Number.NaN, 8 + Number(bytes.readBigUInt64LE(0)) + first);
    writeFileSync(file, bytes);
    const id = await stack.launch({
      ...base,
      modelId: await stack.register(folder),
      method: { swm: { threshold: 0.5 } },
    });
    expect(await stack.finished(id)).toBe('FAILED');
    expect(await errorOf(id)).toMatchObject({
      error: { code: 'ENGINE.NON_FINITE', message: expect.stringContaining('layer 2') },
    });
  });
});
