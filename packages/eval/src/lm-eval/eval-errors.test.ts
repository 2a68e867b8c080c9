import { expect, it } from 'vitest';
import type { RunResult } from '../process/run.js';
import { errorOfRun } from './eval-errors.js';

const ended = (change: Partial<RunResult>): RunResult => ({
  ...{ exitCode: 1, signal: null, timedOut: false, cancelled: false, durationMs: 1, pid: 1, lastLines: [] },
  ...change,
});

// Last lines as Python, torch, datasets and the harness write them.
const cases: [string, Partial<RunResult>, boolean, string][] = [
  ['time limit', { timedOut: true, exitCode: null, signal: 'SIGTERM' }, false, 'EVAL.TIMED_OUT'],
  ['module', { lastLines: ["ModuleNotFoundError: No module named 'accelerate'"] }, false, 'EVAL.MODULE_MISSING'],
  [
    'GPU memory',
    {
      lastLines: [
        'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of',
      ],
    },
    false,
    'EVAL.GPU_OUT_OF_MEMORY',
  ],
  ['kernel, for want of memory', { exitCode: null, signal: 'SIGKILL' }, true, 'EVAL.OUT_OF_MEMORY'],
  ['kernel, inside a container', { exitCode: 137 }, true, 'EVAL.OUT_OF_MEMORY'],
  [
    'allocation',
    { lastLines: ["RuntimeError: [enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory"] },
    false,
    'EVAL.OUT_OF_MEMORY',
  ],
  ['a kill from outside', { exitCode: null, signal: 'SIGKILL' }, false, 'EVAL.KILLED'],
  ['a crash', { exitCode: null, signal: 'SIGSEGV' }, false, 'EVAL.KILLED'],
  [
    'data that are no JSON',
    { lastLines: ['datasets.exceptions.DatasetGenerationError: An error occurred while generating the dataset'] },
    false,
    'EVAL.TASK_DATA_INVALID',
  ],
  [
    'data without the field of the prompt',
    { lastLines: ["jinja2.exceptions.UndefinedError: 'goal' is undefined"] },
    false,
    'EVAL.TASK_DATA_INVALID',
  ],
  [
    'data without a question',
    { lastLines: ['ValueError: task.build_requests() did not find any docs!'] },
    false,
    'EVAL.TASK_DATA_INVALID',
  ],
  ['anything else', { lastLines: ['Traceback', 'OSError: no file named model.safetensors'] }, false, 'EVAL.FAILED'],
];

it.each(cases)('%s', (_, change, wasHostShort, code) => {
  const error = errorOfRun(ended(change), wasHostShort);
  expect(error.code).toBe(code);
  expect(error.fix).toMatch(/\w/);
  expect(error.details.lastLines).toEqual(change.lastLines ?? []);
});

it('names the exception', () => {
  const lastLines = ['  File "x.py"', 'OSError: no file named model.safetensors', 'Exception ignored in: <x>'];
  expect(errorOfRun(ended({ lastLines: lastLines.slice(0, 2) })).message).toBe(
    'lm-eval ended with code 1: OSError: no file named model.safetensors',
  );
});
