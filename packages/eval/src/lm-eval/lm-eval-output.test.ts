import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProtocol, type Protocol, TASK_NAMES, type TaskName } from '../protocol/index.js';
import { isProgressBar, isTruncation, readProgress } from './progress.js';
import { parsePythonJson } from './python-json.js';
import { readResults } from './results.js';
import { readSamples } from './samples.js';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

const RESULTS = fixture('results.json');
/** The protocol of the fixture: three of the seven tasks. */
const protocol: Protocol = (() => {
  // Every task name is an entry: the record is complete.
  const dataSha256 = Object.fromEntries(TASK_NAMES.map((name) => [name, '0'.repeat(64)])) as Record<TaskName, string>;
  const all = createProtocol({ name: 'MINI', data: 'BUILTIN', limit: 3, dataSha256 });
  return { ...all, tasks: all.tasks.filter(({ name }) => ['boolq', 'winogrande', 'arc_challenge'].includes(name)) };
})();

/** Each file of the suite held 40 questions. */
const COUNTS = new Map<TaskName, number>(TASK_NAMES.map((name) => [name, 40]));

describe('parsePythonJson', () => {
  it.each([
    ['{"a": NaN, "b": -Infinity, "c": [Infinity]}', { a: 'NaN', b: '-Infinity', c: ['Infinity'] }],
    ['{"a": "it is NaN: \\"NaN\\", Infinity \\\\", "NaN": 1}', { a: 'it is NaN: "NaN", Infinity \\', NaN: 1 }],
    ['{"a": -1.5e-3}', { a: -0.0015 }],
  ])('%s', (text, expected) => {
    expect(parsePythonJson(text)).toEqual(expected);
  });

  it('refuses what is no JSON even so', () => {
    expect(() => parsePythonJson('{"a": nan}')).toThrow(SyntaxError);
  });
});

describe('readResults', () => {
  it('gives every metric of every task as the harness wrote it', () => {
    const scores = readResults(RESULTS, protocol, COUNTS);
    expect(scores.map(({ task, metric, value, stderr, n }) => [task, metric, value, stderr, n])).toEqual([
      ['boolq', 'acc', 0.3333333333333333, 0.33333333333333337, 3],
      ['winogrande', 'acc', 0.3333333333333333, 0.33333333333333337, 3],
      ['arc_challenge', 'acc', 0, 0, 3],
      ['arc_challenge', 'acc_norm', 0, 0, 3],
    ]);
    expect(scores[0]).toMatchObject({
      harnessVersion: '0.4.13',
      taskVersion: '2',
      taskHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('knows no standard error of one question', () => {
    const one = RESULTS.replaceAll('"effective": 3', '"effective": 1').replace('0.33333333333333337', '"N/A"');
    expect(readResults(one, { ...protocol, limit: 1 }, COUNTS)[0]).toMatchObject({ n: 1, stderr: null });
  });

  const withNumber = (to: string) => RESULTS.replace('"acc,none": 0.3333333333333333,', `"acc,none": ${to},`);
  const wrong: [string, string, string, Partial<Protocol>?][] = [
    ['a NaN', withNumber('NaN'), 'EVAL.NON_FINITE'],
    ['minus infinity', withNumber('-Infinity'), 'EVAL.NON_FINITE'],
    ['a NaN standard error', RESULTS.replace('0.33333333333333337', 'NaN'), 'EVAL.NON_FINITE'],
    ['an accuracy above 1', withNumber('1.2'), 'EVAL.BAD_RESULTS'],
    ['an accuracy that is text', withNumber('"0.3"'), 'EVAL.BAD_RESULTS'],
    ['a negative standard error', RESULTS.replace('0.33333333333333337', '-0.1'), 'EVAL.BAD_RESULTS'],
    ['half a file', RESULTS.slice(0, RESULTS.length / 2), 'EVAL.BAD_RESULTS'],
    ['an empty file', '', 'EVAL.BAD_RESULTS'],
    ['another JSON', '{"results": []}', 'EVAL.BAD_RESULTS'],
    ['another harness', RESULTS.replace('"0.4.13"', '"0.4.14"'), 'EVAL.VERSION_MISMATCH'],
    ['another task version', RESULTS.replace('"boolq_local": 2.0', '"boolq_local": 3.0'), 'EVAL.VERSION_MISMATCH'],
    ['few-shot questions', RESULTS.replace('"boolq_local": 0', '"boolq_local": 5'), 'EVAL.BAD_RESULTS'],
    ['half precision', RESULTS.replace('torch.float32', 'torch.float16'), 'EVAL.BAD_RESULTS'],
    ['a missing task', RESULTS.replaceAll('winogrande_local', 'winogrande_other'), 'EVAL.PARTIAL'],
    ['fewer questions than the limit', RESULTS, 'EVAL.PARTIAL', { limit: 4 }],
    ['fewer questions than there are', RESULTS, 'EVAL.PARTIAL', { limit: null }],
    ['a file read in part', RESULTS.replaceAll('"original": 40', '"original": 39'), 'EVAL.PARTIAL'],
    ['no fingerprints', RESULTS.replace(/"task_hashes": \{[^}]*\}/, '"task_hashes": {}'), 'EVAL.BAD_RESULTS'],
  ];
  it.each(wrong)('refuses %s', (_, text, code, change) => {
    expect(() => readResults(text, { ...protocol, ...change }, COUNTS)).toThrow(expect.objectContaining({ code }));
  });
});

describe('readSamples', () => {
  it('packs the outcomes of every question, in order', () => {
    const boolq = fixture('samples_boolq.jsonl').trim().split('\n').toReversed().join('\n');
    const items = readSamples(boolq, 'boolq');
    expect(items).toMatchObject({ task: 'boolq', n: 3, correctNorm: null });
    expect([...items.correct]).toEqual([0b010]);
    expect([...items.gold]).toEqual([1, 0, 1]);
    expect([...items.predicted]).toEqual([0, 0, 0]);
    expect([...items.choiceCounts]).toEqual([2, 2, 2]);
    expect([...items.logLikelihoods].map((value) => value.toFixed(3))).toEqual([
      '-6.989',
      '-13.819',
      '-7.155',
      '-13.908',
      '-6.541',
      '-13.830',
    ]);
  });

  it('knows the right choice where both choices share their text', () => {
    const items = readSamples(fixture('samples_winogrande.jsonl'), 'winogrande');
    expect([...items.gold]).toEqual([0, 1, 0]);
    expect([...items.predicted]).toEqual([0, 0, 1]);
    expect([...items.correct]).toEqual([0b001]);
  });

  const ARC = fixture('samples_arc_challenge.jsonl');
  it('keeps both metrics of a task that has both', () => {
    const items = readSamples(ARC, 'arc_challenge');
    expect([...(items.correctNorm ?? [])]).toEqual([0]);
    expect([...items.choiceCounts]).toEqual([4, 4, 4]);
    expect(items.logLikelihoods).toHaveLength(12);
  });

  it('judges by characters, not by code units or bytes', () => {
    const row = {
      doc_id: 0,
      doc: {},
      target: '1',
      arguments: { gen_args_0: { arg_1: ' ééé😀' }, gen_args_1: { arg_1: ' abcde' } },
      resps: [[['-8.0', 'False']], [['-9.0', 'False']]],
      // 8/4 = 2 against 9/5 = 1.8 a character.
      acc: 0,
      acc_norm: 1,
    };
    expect([...(readSamples(JSON.stringify(row), 'piqa').correctNorm ?? [])]).toEqual([1]);
  });

  const line = (text: string, index: number) => text.split('\n')[index] ?? '';
  const wrong: [string, string, string][] = [
    ['a NaN log-likelihood', ARC.replace('-27.024837493896484', 'nan'), 'EVAL.NON_FINITE'],
    ['an infinite log-likelihood', ARC.replace('-27.024837493896484', '-inf'), 'EVAL.NON_FINITE'],
    ['an empty log-likelihood', ARC.replace('"-27.024837493896484"', '""'), 'EVAL.BAD_RESULTS'],
    ['a NaN metric', ARC.replace('"acc": 0.0', '"acc": NaN'), 'EVAL.BAD_RESULTS'],
    ['a judgement that is not the log-likelihoods’', ARC.replace('"acc": 0.0', '"acc": 1.0'), 'EVAL.BAD_RESULTS'],
    ['the same for acc_norm', ARC.replace('"acc_norm": 0.0}', '"acc_norm": 1.0}'), 'EVAL.BAD_RESULTS'],
    ['a missing acc_norm', ARC.replace(', "acc_norm": 0.0}', '}'), 'EVAL.BAD_RESULTS'],
    ['a repeated question', `${ARC}${line(ARC, 0)}\n`, 'EVAL.PARTIAL'],
    ['a missing question', ARC.slice(line(ARC, 0).length + 1), 'EVAL.PARTIAL'],
    ['a cut line', ARC.slice(0, -20), 'EVAL.BAD_RESULTS'],
  ];
  it.each(wrong)('refuses %s', (_, text, code) => {
    expect(() => readSamples(text, 'arc_challenge')).toThrow(expect.objectContaining({ code }));
  });
});

describe('readProgress', () => {
  const lines = fixture('stderr.log')
    .split(/[\r\n]+/)
    .filter((line) => line.trim());

  it('follows a whole run: its phases in order, and the one bar all tasks share', () => {
    const progress = lines.map(readProgress).filter((found) => found !== undefined);
    expect([...new Set(progress.map(({ phase }) => phase))]).toEqual(['loading', 'building', 'scoring', 'saving']);
    const scoring = progress.filter(({ phase }) => phase === 'scoring');
    expect(scoring.at(0)).toEqual({ phase: 'scoring', done: 0, total: 16 + 8 });
    expect(scoring.at(-1)).toEqual({ phase: 'scoring', done: 24, total: 24 });
  });

  it('tells bars from log lines', () => {
    const rest = lines.filter((line) => !isProgressBar(line));
    expect(rest.every((line) => /^\d{4}-\d\d-\d\d:|^fatal: not a git/.test(line))).toBe(true);
    expect(rest.length).toBeGreaterThan(15);
  });

  it('counts cut prompts', () => {
    const cut =
      "2026-11-24:16:26:11 WARNING  [models.huggingface:1431] Combined length of context (1200) and continuation (9) exceeds model's maximum length (1024). Truncating 186 tokens from the left.";
    expect(isTruncation(cut)).toBe(true);
    expect(lines.filter(isTruncation)).toEqual([]);
  });
});
