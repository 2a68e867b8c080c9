import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measurePerplexity, perplexityProtocol } from '@swm/eval';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratchFolder } from '../support/scratch-folder.js';
import { makeTinyModel, PYTHON, REPOSITORY } from '../support/stack.js';
import { writeWikiText } from '../support/wikitext.js';

const scratch = scratchFolder('perplexity');
let modelFolder: string;
let textFile: string;

beforeAll(() => {
  modelFolder = makeTinyModel(join(scratch.path, 'model'), { layers: 3 });
  textFile = writeWikiText(join(scratch.path, 'wikitext2.txt'));
});
afterAll(() => scratch.remove());

const measure = (limit: number | null, change = '') => {
  const dataSha256 = createHash('sha256').update(readFileSync(textFile)).update(change).digest('hex');
  const protocol = perplexityProtocol('wikitext2', dataSha256, limit);
  return measurePerplexity({ python: PYTHON, modelFolder, protocol, textFile, runId: 'test-perplexity', threads: 2 });
};

test('the paper’s perplexity is that of a Llama written out in PyTorch (C4)', async () => {
  const script = join(REPOSITORY, 'test/golden/perplexity_reference.py');
  const printed = execFileSync(PYTHON, [script, modelFolder, textFile, '0'], { encoding: 'utf8' });
  const reference: { perplexity: number; segments: number } = JSON.parse(printed);
  const all = await measure(null);
  expect(all.losses.length).toBe(reference.segments);
  expect(all.losses.length).toBeGreaterThanOrEqual(64);
  expect(all.value / reference.perplexity - 1).toBeCloseTo(0, 5);
  expect(all.hasBos).toBe(true);

  // A limit is in segments, in whole batches, from the first on.
  const some = await measure(61);
  expect(some.losses).toEqual(all.losses.slice(0, 64));
  expect(some.value).toBeCloseTo(Math.exp(some.losses.reduce((sum, loss) => sum + loss, 0) / 64), 9);
});

test('another text than the protocol names is refused', async () => {
  await expect(measure(4, 'changed')).rejects.toMatchObject({ code: 'EVAL.TASK_DATA_CHANGED' });
});
