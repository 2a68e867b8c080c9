import { appendFile, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FileModelFolder, fileModelFolder } from './checkpoint-files.js';
import { keepDigests, keptDigests } from './kept-digests.js';

const digests = new Map([['model.norm.weight', 'ab'.repeat(32)]]);
let root: string;
let experiment: string;
let weights: string;
let folder: FileModelFolder;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swm-kept-'));
  const model = join(root, 'model');
  experiment = join(root, 'experiment');
  await mkdir(model);
  await mkdir(experiment);
  weights = join(model, 'model.safetensors');
  await writeFile(weights, 'weights');
  folder = await fileModelFolder(model);
  await keepDigests(experiment, { filesState: await folder.filesState(), digests });
});
afterEach(() => rm(root, { recursive: true }));

it('are found again while no file was written to', async () => {
  expect((await keptDigests(experiment, folder))?.digests).toEqual(digests);
});

it('are of no use once a file was written to, even where size and time are put back', async () => {
  const before = await stat(weights);
  await writeFile(weights, 'WEIGHTS');
  await utimes(weights, before.atime, before.mtime);
  expect(await keptDigests(experiment, folder)).toBeUndefined();
});

it.each(['', '{"filesState":"x"}', 'null'])('are of no use when the file that keeps them is %j', async (text) => {
  await writeFile(join(experiment, 'tensor-digests.json'), text);
  expect(await keptDigests(experiment, folder)).toBeUndefined();
});

it('are of no use in a folder with another file', async () => {
  await appendFile(join(root, 'model', 'config.json'), '{}');
  expect(await keptDigests(experiment, folder)).toBeUndefined();
});
