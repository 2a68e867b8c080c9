import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createProtocol,
  perplexityProtocol,
  protocolId,
  protocolJson,
  protocolLabel,
  TASK_NAMES,
  TASKS,
  type TaskName,
  taskOf,
  taskProtocolId,
  taskProtocolJson,
  taskProtocolsOf,
} from './index.js';

const digests = (digit: string) =>
  // Every task name is an entry: the record is complete.
  Object.fromEntries(TASK_NAMES.map((name) => [name, digit.repeat(64)])) as Record<TaskName, string>;
const mini = createProtocol({ name: 'MINI', data: 'BUILTIN', limit: null, dataSha256: digests('a') });
const paper = createProtocol({ name: 'PAPER', data: 'LOCAL', limit: 40, dataSha256: digests('b') });

describe('protocolId', () => {
  // A change here makes every stored score one of another protocol: never by accident.
  it('is stable', () => {
    expect(protocolJson(mini)).toBe(
      `{"addBos":false,"batchSize":8,"data":"BUILTIN","dtype":"float32","harness":"lm_eval 0.4.13","limit":null,"name":"MINI","seed":1234,"tasks":[${[
        ['boolq', 'acc'],
        ['piqa', 'acc'],
        ['hellaswag', 'acc_norm'],
        ['winogrande', 'acc'],
        ['arc_easy', 'acc'],
        ['arc_challenge', 'acc_norm'],
        ['openbookqa', 'acc_norm'],
      ]
        .map(
          ([name, headline]) =>
            `{"dataSha256":"${'a'.repeat(64)}","headline":"${headline}","name":"${name}","shots":0}`,
        )
        .join(',')}],"version":1}`,
    );
    expect(protocolId(mini)).toBe(createHash('sha256').update(protocolJson(mini)).digest('hex'));
  });

  it('does not depend on the order of keys', () => {
    const { version, ...rest } = mini;
    expect(protocolId({ ...rest, version })).toBe(protocolId(mini));
  });

  it('changes with everything that can move a score', () => {
    const others = [
      createProtocol({ name: 'MINI', data: 'BUILTIN', limit: 10, dataSha256: digests('a') }),
      createProtocol({
        name: 'MINI',
        data: 'BUILTIN',
        limit: null,
        dataSha256: { ...digests('a'), piqa: 'c'.repeat(64) },
      }),
      createProtocol({ name: 'PAPER', data: 'LOCAL', limit: null, dataSha256: digests('a') }),
      createProtocol({ name: 'MODERN', data: 'LOCAL', limit: null, dataSha256: digests('a') }),
      createProtocol({ name: 'MINI', data: 'BUILTIN', limit: null, tasks: ['piqa'], dataSha256: digests('a') }),
      { ...mini, harness: 'lm_eval 0.4.12' },
      { ...mini, batchSize: 1 },
    ];
    expect(new Set([mini, ...others].map(protocolId)).size).toBe(others.length + 1);
  });

  it('is of a frozen value', () => {
    expect(Object.isFrozen(mini) && Object.isFrozen(mini.tasks) && mini.tasks.every(Object.isFrozen)).toBe(true);
  });
});

describe('taskProtocolId', () => {
  const [boolq] = taskProtocolsOf(mini);

  // Stored scores are found by these, and a migration writes them in SQL: never changed by accident.
  it('is stable', () => {
    expect(boolq && taskProtocolJson(boolq)).toBe(
      `{"addBos":false,"batchSize":8,"dataSha256":"${'a'.repeat(64)}","dtype":"float32","harness":"lm_eval 0.4.13","limit":null,"metrics":["acc"],"seed":1234,"shots":0,"task":"boolq","taskVersion":2,"version":1}`,
    );
    expect(boolq && taskProtocolId(boolq)).toBe('90c443e49213f8e9f17c291150c6ee6f61f911e63c1ce3326dc5148fb6a1b84b');
  });

  const idsOf = (...args: Parameters<typeof taskProtocolsOf>) => taskProtocolsOf(...args).map(taskProtocolId);

  it('does not depend on the other tasks, the protocol’s name or where its questions lie', () => {
    const few = createProtocol({
      ...{ name: 'MINI', data: 'BUILTIN', limit: null, tasks: ['arc_easy', 'boolq'] },
      dataSha256: { boolq: 'a'.repeat(64), arc_easy: 'a'.repeat(64) },
    });
    expect(few.tasks.map(({ name }) => name)).toEqual(['boolq', 'arc_easy']);
    expect(idsOf(few)).toEqual([idsOf(mini)[0], idsOf(mini)[4]]);
    const local = createProtocol({ name: 'PAPER', data: 'LOCAL', limit: null, dataSha256: digests('a') });
    expect(idsOf(local)).toEqual(idsOf(mini));
  });

  it('changes with everything that can move the task’s score', () => {
    const others = [
      createProtocol({ name: 'MINI', data: 'BUILTIN', limit: 10, dataSha256: digests('a') }),
      createProtocol({ name: 'MINI', data: 'BUILTIN', limit: null, dataSha256: digests('b') }),
      createProtocol({ name: 'MODERN', data: 'LOCAL', limit: null, dataSha256: digests('a') }),
      { ...mini, harness: 'lm_eval 0.4.12' },
      { ...mini, batchSize: 1 },
    ];
    const ids = [mini, ...others].flatMap((protocol) => idsOf(protocol));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('perplexity', () => {
  const request = { name: 'MINI', data: 'BUILTIN', limit: null } as const;
  const dataSha256 = { ...digests('a'), wikitext2: 'd'.repeat(64), ptb: 'e'.repeat(64) };
  const both = createProtocol({ ...request, perplexity: ['ptb', 'wikitext2'], dataSha256 });

  it('is part of a protocol that asks for it, and of no other', () => {
    expect(both.perplexity?.map(({ task, metric }) => [task, metric])).toEqual([
      ['wikitext2', 'paper_perplexity@128'],
      ['ptb', 'paper_perplexity@128'],
    ]);
    expect(both.tasks).toEqual(mini.tasks);
    expect(protocolId(both)).not.toBe(protocolId(mini));
    expect(protocolId(createProtocol({ ...request, perplexity: [], dataSha256 }))).toBe(protocolId(mini));
    expect(protocolLabel(both)).toMatch(/perplexity of WikiText-2 in segments of 128/);
    expect(() => createProtocol({ ...request, perplexity: ['ptb', 'ptb'], dataSha256 })).toThrow(/twice/);
  });

  it('means another thing with other text or another limit', () => {
    const ids = [
      ...[perplexityProtocol('ptb', 'a', null), perplexityProtocol('wikitext2', 'a', null)],
      ...[perplexityProtocol('ptb', 'b', null), perplexityProtocol('ptb', 'a', 8)],
    ].map(taskProtocolId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('createProtocol', () => {
  it('adds no BOS unless the protocol says so', () => {
    const modern = createProtocol({ name: 'MODERN', data: 'LOCAL', limit: null, dataSha256: digests('a') });
    expect([mini.addBos, paper.addBos, modern.addBos]).toEqual([false, false, 'tokenizer']);
  });

  it.each([
    ['MINI', 'LOCAL', null, 'data'],
    ['MINI', 'OFFICIAL', null, 'data'],
    ['PAPER', 'BUILTIN', null, 'data'],
    ['PAPER', 'OFFICIAL', null, 'data'],
    ['PAPER', 'LOCAL', 0, 'limit'],
    ['PAPER', 'LOCAL', 1.5, 'limit'],
    ['PAPER', 'LOCAL', Number.NaN, 'limit'],
    ['PAPER', 'LOCAL', Number.POSITIVE_INFINITY, 'limit'],
  ] as const)('refuses %s with %s and limit %s', (name, data, limit, field) => {
    expect(() => createProtocol({ name, data, limit, dataSha256: digests('a') })).toThrow(
      expect.objectContaining({ code: 'PROTOCOL.INVALID', details: { field: ['protocol', field] } }),
    );
  });
});

describe('tasks', () => {
  it.each([[[]], [['piqa', 'piqa']]] as const)('%j are refused', (tasks) => {
    const request = { name: 'MINI', data: 'BUILTIN', limit: null, tasks, dataSha256: digests('a') } as const;
    expect(() => createProtocol(request)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL.INVALID', details: { field: ['protocol', 'tasks'] } }),
    );
  });

  it('all of them are as if none were named', () => {
    const named = createProtocol({
      ...{ name: 'MINI', data: 'BUILTIN', limit: null, dataSha256: digests('a') },
      tasks: TASK_NAMES.toReversed(),
    });
    expect(protocolId(named)).toBe(protocolId(mini));
  });
});

describe('protocolLabel', () => {
  it('says what a row is, and is not', () => {
    expect(protocolLabel(mini)).toBe('MINI · built-in demonstration suite · 7 tasks, zero-shot · no BOS');
    expect(protocolLabel(paper)).toBe(
      'PAPER · the paper’s setup · local data · 7 tasks, zero-shot · no BOS · partial: limit 40',
    );
    const few = createProtocol({
      ...{ name: 'MINI', data: 'BUILTIN', limit: null, tasks: ['piqa', 'boolq'], dataSha256: digests('a') },
    });
    expect(protocolLabel(few)).toBe(
      'MINI · built-in demonstration suite · 2 of 7 tasks (BoolQ, PIQA), zero-shot · no BOS',
    );
  });
});

describe('the catalogue', () => {
  it('averages the paper’s metrics', () => {
    const normalised = TASKS.filter(({ headline }) => headline === 'acc_norm').map(({ name }) => name);
    expect(normalised).toEqual(['hellaswag', 'arc_challenge', 'openbookqa']);
    expect(TASKS.every(({ headline, metrics }) => metrics.includes(headline))).toBe(true);
  });

  it('knows no other task', () => {
    expect(taskOf('boolq')?.title).toBe('BoolQ');
    expect(['', 'wikitext', 'boolq,piqa', '__proto__', '../x'].map(taskOf)).toEqual(Array(5).fill(undefined));
    expect(TASK_NAMES.every((name) => /^[a-z0-9_]+$/.test(name))).toBe(true);
  });
});
