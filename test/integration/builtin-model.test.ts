import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BUILTIN_MODELS, convertBuiltin } from '@swm/eval';
import { afterAll, expect, it } from 'vitest';
import { scratchFolder } from '../support/scratch-folder.js';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const PYTHON = resolve(REPOSITORY, process.env.SWM_PYTHON ?? '.swm/python/bin/python');
const scratch = scratchFolder('builtin');
afterAll(() => scratch.remove());

const digests = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

/** Parameters of a safetensors file by the shapes in its header, written out here. */
function parameterCount(file: string): number {
  const bytes = readFileSync(file);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString('utf8'));
  delete header.__metadata__;
  const tensors = Object.values(header) as { shape: number[]; dtype: string }[]; // the format's own shape
  expect(tensors).toHaveLength(272);
  expect(new Set(tensors.map(({ dtype }) => dtype))).toEqual(new Set(['BF16']));
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

it('is converted to the same bytes each time, complete or not at all, and once', async () => {
  const [first, second] = [join(scratch.path, 'a'), join(scratch.path, 'b')];
  const convert = (folder: string, signal?: AbortSignal) =>
    convertBuiltin({ python: PYTHON, folder, runId: 'test-builtin', signal });
  // The first folder is asked for twice at the same time, as two workers would.
  await Promise.all([convert(first), convert(first), convert(second)]);
  expect(readdirSync(scratch.path).toSorted()).toEqual(['a', 'b']);
  expect(digests(first)).toEqual(digests(second));
  expect(Object.keys(digests(first))).toEqual(
    expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']),
  );
  const [facts] = BUILTIN_MODELS;
  const weights = join(first, 'model.safetensors');
  expect(BigInt(parameterCount(weights))).toBe(facts?.parameterCount);
  expect(JSON.parse(readFileSync(join(first, 'config.json'), 'utf8'))).toMatchObject({
    model_type: 'llama',
    num_hidden_layers: facts?.depth,
    tie_word_embeddings: true,
  });
  expect(readFileSync(join(first, 'config.json'), 'utf8')).not.toMatch(/quantization|_name_or_path/);

  const before = statSync(weights).mtimeMs;
  await convert(first);
  expect(statSync(weights).mtimeMs).toBe(before);
});

it('leaves nothing when it is cancelled', async () => {
  const controller = new AbortController();
  const folder = join(scratch.path, 'c');
  const reason = new Error('asked to stop');
  setTimeout(() => controller.abort(reason), 3_000);
  const run = convertBuiltin({ python: PYTHON, folder, runId: 'test-builtin', signal: controller.signal });
  await expect(run).rejects.toBe(reason);
  expect(existsSync(folder)).toBe(false);
});
