import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureLatency, readLatency } from '../latency/measure-latency.js';
import { convertBuiltin } from '../models/builtin-models.js';
import { readPythonFacts } from './python-facts.js';

// An environment of its own, real and empty: `python3 -m venv` without pip takes a moment.
let scratch: string;
let python: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'swm-facts-'));
  execFileSync('python3', ['-m', 'venv', '--without-pip', join(scratch, 'environment')]);
  python = join(scratch, 'environment/bin/python');
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** Puts a package's metadata (and an empty module) into the environment. */
function install(name: string, version: string) {
  const lib = join(scratch, 'environment/lib');
  const packages = join(lib, readdirSync(lib)[0] ?? '', 'site-packages');
  mkdirSync(join(packages, name), { recursive: true });
  writeFileSync(join(packages, name, '__init__.py'), '');
  mkdirSync(join(packages, `${name}-${version}.dist-info`));
  writeFileSync(join(packages, `${name}-${version}.dist-info/METADATA`), `Name: ${name}\nVersion: ${version}\n`);
}

it('tells a missing environment, a missing package and another version apart', async () => {
  const read = (file = python) => readPythonFacts({ python: file, runId: 'test-facts' });
  await expect(read('/nowhere/python')).rejects.toMatchObject({ code: 'EVAL.PYTHON_MISSING' });
  await expect(read('/bin/true')).rejects.toMatchObject({ code: 'EVAL.PYTHON_MISSING' });
  await expect(read()).rejects.toMatchObject({
    code: 'EVAL.MODULE_MISSING',
    message: expect.stringMatching(/lm_eval/),
  });
  install('lm_eval', '0.4.12');
  for (const name of ['torch', 'transformers', 'datasets', 'accelerate']) install(name, '1.0');
  await expect(read()).rejects.toMatchObject({ code: 'EVAL.MODULE_MISSING', message: expect.stringMatching(/peft/) });
  install('peft', '1.0');
  await expect(read()).rejects.toMatchObject({
    code: 'EVAL.VERSION_MISMATCH',
    details: { what: 'lm_eval', found: '0.4.12', wanted: '0.4.13' },
  });
});

it('says when timing cannot run', async () => {
  const options = { modelFolder: scratch, protocol: 'QUICK', runId: 'test-latency', threads: 1 } as const;
  await expect(measureLatency({ ...options, python: '/nowhere' })).rejects.toMatchObject({
    code: 'EVAL.PYTHON_MISSING',
  });
  await expect(measureLatency({ ...options, python: '/bin/false' })).rejects.toMatchObject({
    code: 'LATENCY.FAILED',
    details: { exitCode: 1 },
  });
  await expect(measureLatency({ ...options, python: '/bin/true' })).rejects.toMatchObject({ code: 'LATENCY.FAILED' });
});

it('says when the built-in model cannot be converted', async () => {
  const folder = join(scratch, 'models/smollm2');
  await expect(convertBuiltin({ python: '/nowhere', folder, runId: 'test-convert' })).rejects.toMatchObject({
    code: 'EVAL.PYTHON_MISSING',
  });
  await expect(convertBuiltin({ python: '/bin/false', folder, runId: 'test-convert' })).rejects.toMatchObject({
    code: 'MODEL.CONVERSION_FAILED',
    retryable: true,
  });
});

it('accepts nothing but a whole run of the latency protocol', () => {
  const run = {
    ...{ exitCode: 0, signal: null, timedOut: false, cancelled: false, durationMs: 1, pid: 1, lastLines: [] },
  };
  const measured = {
    ...{
      samplesMs: [10, 11, 12, 13, 14],
      promptTokens: 12,
      newTokens: 32,
      device: 'cpu',
      dtype: 'float32',
      threads: 2,
    },
    ...{ torch: '2.13.0', transformers: '5.23.0', parameters: 1000, involuntarySwitchesPerSecond: 0.5 },
  };
  expect(readLatency(JSON.stringify(measured), 'QUICK', run)).toEqual(measured);
  const wrong = [
    '',
    '{}',
    JSON.stringify({ ...measured, samplesMs: [10, 11] }),
    JSON.stringify({ ...measured, samplesMs: [10, 11, 12, 13, 0] }),
    JSON.stringify({ ...measured, newTokens: 31 }),
    JSON.stringify(measured).replace('14]', 'NaN]'),
  ];
  for (const text of wrong)
    expect(() => readLatency(text, 'QUICK', run)).toThrow(expect.objectContaining({ code: 'LATENCY.FAILED' }));
  expect(() => readLatency(JSON.stringify(measured), 'PAPER', run)).toThrow(/20 runs of 128 tokens/);
});
