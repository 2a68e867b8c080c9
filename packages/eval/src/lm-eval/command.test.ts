import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createProtocol, TASK_NAMES } from '../protocol/index.js';
import { taskFileOf, writeLmEvalRun } from './command.js';
import { evaluate } from './evaluate.js';
import { locateTaskFiles } from './task-files.js';

type Row = Readonly<Record<string, unknown>>;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'swm-command-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const write = async (options: { name: 'MINI' | 'MODERN'; limit: number | null; modelFolder?: string }) => {
  const { name, limit, modelFolder = '/models/a b' } = options;
  const { files, sha256 } = await locateTaskFiles('BUILTIN', undefined);
  const protocol = createProtocol({ name, data: name === 'MINI' ? 'BUILTIN' : 'LOCAL', limit, dataSha256: sha256 });
  const runFolder = await mkdtemp(join(scratch, 'run-'));
  const machine = { device: 'cpu', threads: 2, tasksFolder: '/stock' };
  const command = await writeLmEvalRun({ runFolder, modelFolder, protocol, taskFiles: files, ...machine });
  const config = parse(await readFile(join(runFolder, 'run.yaml'), 'utf8'));
  return { runFolder, command, config, files };
};

describe('writeLmEvalRun', () => {
  it('writes a run the harness reads without splitting any string of ours', async () => {
    const { runFolder, command, config, files } = await write({
      ...{ name: 'MINI', limit: 4 },
      modelFolder: '/models/x,trust_remote_code=True: {y}',
    });
    expect(command.args).toEqual(['-m', 'lm_eval', 'run', '--config', join(runFolder, 'run.yaml')]);
    expect(config).toMatchObject({
      model: 'hf',
      model_args: {
        pretrained: '/models/x,trust_remote_code=True: {y}',
        dtype: 'float32',
        trust_remote_code: false,
        add_bos_token: false,
      },
      batch_size: 8,
      device: 'cpu',
      limit: 4,
      log_samples: true,
      seed: [0, 1234, 1234, 1234],
      include_path: join(runFolder, 'tasks'),
      output_path: join(runFolder, 'results'),
      tasks: TASK_NAMES.map((name) => `${name}_local`),
    });
    expect(await readdir(join(runFolder, 'results'))).toEqual([]);
    const arc = parse(await readFile(join(runFolder, 'tasks', 'arc_easy_local.yaml'), 'utf8'));
    expect(arc).toEqual({
      include: '/stock/arc/arc_easy.yaml',
      task: 'arc_easy_local',
      tag: null,
      dataset_path: 'json',
      dataset_name: null,
      dataset_kwargs: { data_files: { test: files.arc_easy } },
      training_split: null,
      validation_split: null,
    });
  });

  it('leaves BOS to the tokenizer and takes every question where the protocol says so', async () => {
    const { config } = await write({ name: 'MODERN', limit: null });
    expect(config.model_args).not.toHaveProperty('add_bos_token');
    expect(config).not.toHaveProperty('limit');
  });

  it('keeps the hub out', async () => {
    const { command, runFolder } = await write({ name: 'MINI', limit: null });
    expect(command.env).toMatchObject({
      HF_HUB_OFFLINE: '1',
      HF_DATASETS_OFFLINE: '1',
      TRANSFORMERS_OFFLINE: '1',
      HF_HOME: join(runFolder, 'hf'),
    });
    expect(Object.keys(command.env).filter((name) => /TOKEN$|KEY$/.test(name))).toEqual([]);
  });
});

describe('task data', () => {
  it('has a digest of every file', async () => {
    const { files, sha256 } = await locateTaskFiles('BUILTIN', undefined);
    expect(Object.keys(files).toSorted()).toEqual([...TASK_NAMES].toSorted());
    for (const name of TASK_NAMES)
      expect(sha256[name]).toBe(
        createHash('sha256')
          .update(await readFile(taskFileOf(files, name)))
          .digest('hex'),
      );
  });

  it('is read of the tasks asked for alone', async () => {
    const folder = await mkdtemp(join(scratch, 'data-'));
    const { files } = await locateTaskFiles('BUILTIN', undefined);
    await cp(taskFileOf(files, 'piqa'), join(folder, 'piqa.jsonl'));
    expect(await locateTaskFiles('LOCAL', folder, ['piqa'])).toMatchObject({
      files: { piqa: join(folder, 'piqa.jsonl') },
    });
    await expect(locateTaskFiles('LOCAL', folder, ['piqa', 'boolq'])).rejects.toMatchObject({
      code: 'EVAL.TASK_DATA_MISSING',
    });
  });

  it.each([undefined, '/nowhere'])('says that the folder is missing: %s', async (folder) => {
    await expect(locateTaskFiles('LOCAL', folder)).rejects.toMatchObject({ code: 'EVAL.TASK_DATA_MISSING' });
  });

  it.each([
    ['boolq', (row: Row) => ({ ...row, label: 'yes' }), /question 3 of boolq.jsonl, label/],
    ['piqa', ({ goal, ...row }: Row) => ({ ...row, aim: goal }), /goal/],
    ['hellaswag', (row: Row) => ({ ...row, endings: ['a', 'b'] }), /endings/],
    ['hellaswag', (row: Row) => ({ ...row, label: 2 }), /label/],
    ['winogrande', (row: Row) => ({ ...row, sentence: 'no blank' }), /blank/],
    ['winogrande', (row: Row) => ({ ...row, answer: '3' }), /answer/],
    ['arc_easy', (row: Row) => ({ ...row, answerKey: 'Z' }), /answerKey/],
    ['arc_challenge', (row: Row) => ({ ...row, question: '' }), /question/],
    [
      'openbookqa',
      (row: Row) => ({ ...row, choices: { text: ['a', 'b', 'c'], label: ['A', 'B'] } }),
      /differ in length/,
    ],
    ['boolq', () => undefined, /question 3 of boolq.jsonl, it is not JSON/],
  ] as const)('of %s must have the fields of the stock task (%#)', async (name, change, message) => {
    const folder = await mkdtemp(join(scratch, 'data-'));
    const { files } = await locateTaskFiles('BUILTIN', undefined);
    await cp(dirname(taskFileOf(files, name)), folder, { recursive: true });
    const file = join(folder, `${name}.jsonl`);
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    lines[2] = JSON.stringify(change(JSON.parse(lines[2] ?? ''))) ?? '{';
    await writeFile(file, lines.join('\n'));
    await expect(locateTaskFiles('LOCAL', folder)).rejects.toMatchObject({
      code: 'EVAL.TASK_DATA_INVALID',
      message: expect.stringMatching(message),
    });
    await writeFile(file, '\n');
    await expect(locateTaskFiles('LOCAL', folder)).rejects.toMatchObject({
      message: expect.stringMatching(/holds no question/),
    });
  });

  it('is refused when it is not what the protocol names', async () => {
    const { files, sha256 } = await locateTaskFiles('BUILTIN', undefined);
    const protocol = createProtocol({ name: 'MINI', data: 'BUILTIN', limit: null, dataSha256: sha256 });
    const other = join(scratch, 'piqa.jsonl');
    const piqaFile = taskFileOf(files, 'piqa');
    await writeFile(other, `${await readFile(piqaFile, 'utf8')}\n`);
    const options = { protocol, runFolder: join(scratch, 'x'), runId: 'test-data', device: 'cpu', threads: 1 };
    const run = (piqa: string) =>
      evaluate({ python: '/nowhere', modelFolder: scratch, taskFiles: { ...files, piqa }, ...options });
    await expect(run(other)).rejects.toMatchObject({ code: 'EVAL.TASK_DATA_CHANGED', details: { task: 'piqa' } });
    await expect(run('/nowhere')).rejects.toMatchObject({ code: 'EVAL.TASK_DATA_MISSING' });
    await expect(run(piqaFile)).rejects.toMatchObject({ code: 'EVAL.PYTHON_MISSING' });
  });
});
