import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../plan/index.js';
import { randomLlama } from '../random-llama.js';
import { createTorchEngine, type LineTransport } from './index.js';

const CONFIG = {
  ...{ num_hidden_layers: 3, hidden_size: 8, num_attention_heads: 2, intermediate_size: 8, vocab_size: 16 },
  tie_word_embeddings: true,
};
const TOKENS = [
  [1, 2, 3],
  [4, 5, 6],
];
const HELLO = {
  ...{ protocol: 2, torch: '2.13.0', backend: 'cpu', deviceName: 'x', dtype: 'f32', tf32: false, threads: 2 },
};
const OPENED = { id: 1, value: { batchSamples: 2 } };
const PLAN = parsePlan('0 [1-2]');

/** A process that says what it is told to: `replies` are its first lines, then one for each question. */
function transportOf(...replies: readonly (object | string)[]) {
  const sent: string[] = [];
  const rest = replies.map((reply) => (typeof reply === 'string' ? reply : JSON.stringify(reply)));
  let hear: (line: string) => void = () => {};
  let isClosed = false;
  let end: (how: string) => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const say = () => {
    const line = rest.shift();
    if (line !== undefined) queueMicrotask(() => hear(line));
  };
  const transport: LineTransport = {
    send: (line) => {
      sent.push(line);
      say();
    },
    onLine: (listener) => {
      hear = listener;
      say();
    },
    close: async () => {
      isClosed = true;
      end('exit code 0');
    },
    done: new Promise((resolve, reject) => {
      end = resolve;
      fail = reject;
    }),
  };
  return { transport, sent, isClosed: () => isClosed, end: (how: string) => end(how), fail: (r: unknown) => fail(r) };
}

const engineOf = (transport: LineTransport) => createTorchEngine({ transport, folder: '/models/x', cacheBytes: 5 });
const sessionOf = async (transport: LineTransport) => (await engineOf(transport)).open(randomLlama(CONFIG), TOKENS);

describe('the torch client', () => {
  it('asks in lines and reads the answers', async () => {
    const value = { perSample: [0.5, 0.25], layerForwards: 4, batchSamples: 1 };
    const { transport, sent, isClosed } = transportOf(HELLO, OPENED, { id: 2, value });
    const session = await sessionOf(transport);
    expect(session.info).toEqual({
      ...{ name: 'torch', backend: 'cpu', package: 'torch@2.13.0', device: 'cpu', dtype: 'f32' },
      ...{ tf32: false, deviceName: 'x', threads: 2, batchSamples: 2 },
    });
    expect(await session.measure(PLAN, 'cosine')).toEqual({
      ...{ perSample: [0.5, 0.25], mean: 0.375, layerForwards: 4 },
    });
    expect(session.info.batchSamples).toBe(1);
    const [open, measure] = sent.map((line) => JSON.parse(line));
    expect(open).toMatchObject({ id: 1, call: 'open', folder: '/models/x', tokenIds: TOKENS, cacheBytes: 5 });
    expect(open.config).toMatchObject({ depth: 3, hiddenSize: 8, isTied: true });
    const layers = [
      [[[0, 1]], 0, 0],
      [[[2, 1]], 1, 2],
    ];
    expect(measure).toEqual({ id: 2, call: 'measure', layers, quantity: 'cosine' });
    await session.close();
    expect(isClosed()).toBe(true);
  });

  it.each([
    ['no JSON', 'Traceback (most recent call last)'],
    ['no object', '[1]'],
    ['another version', { ...HELLO, protocol: 1 }],
    ['a greeting with a part missing', { ...HELLO, threads: undefined }],
    ['a device it does not know', { ...HELLO, backend: 'tpu' }],
  ])('ends a process that greets by %s', async (_, greeting) => {
    const { transport, isClosed } = transportOf(greeting);
    await expect(engineOf(transport)).rejects.toMatchObject({ code: 'ENGINE.PROTOCOL', retryable: false });
    expect(isClosed()).toBe(true);
  });

  it('says why torch cannot be used', async () => {
    const error = { code: 'ENGINE.UNAVAILABLE', message: "No module named 'torch'", details: {} };
    const { transport } = transportOf({ error });
    await expect(engineOf(transport)).rejects.toMatchObject({
      code: 'ENGINE.UNAVAILABLE',
      message: expect.stringContaining("No module named 'torch'"),
    });
  });

  it.each([
    ['a line that is not JSON', '{"id": 2, "value": {"perSample": [NaN]'],
    ['an answer to another question', { id: 7, value: {} }],
    ['an answer without a value', { id: 2 }],
    ['too few numbers', { id: 2, value: { perSample: [1], layerForwards: 1, batchSamples: 2 } }],
    ['numbers that are not finite', { id: 2, value: { perSample: [1, null], layerForwards: 1, batchSamples: 2 } }],
    ['no cost', { id: 2, value: { perSample: [1, 1], batchSamples: 2 } }],
    ['an error without a code', { id: 2, error: { message: 'x' } }],
    ['an error nobody knows', { id: 2, error: { code: 'ENGINE.ODD', message: 'x', details: {} } }],
  ])('never takes %s for a measurement', async (_, reply) => {
    const { transport } = transportOf(HELLO, OPENED, reply);
    const session = await sessionOf(transport);
    await expect(session.measure(PLAN, 'nll')).rejects.toMatchObject({ code: 'ENGINE.PROTOCOL' });
  });

  it.each([
    ['ENGINE.NON_FINITE', { where: 'output of layer 1' }, 'output of layer 1 is not finite under the plan 0 [1-2]'],
    ['ENGINE.NON_FINITE', { where: 'final norm', denseDepth: 3 }, 'final norm is not finite under the plan 0-2'],
    [
      'ENGINE.OUT_OF_MEMORY',
      { device: 'cuda', neededBytes: 3e9, freeBytes: 1e9 },
      'needed 3000 MB on cuda, where 1000 MB',
    ],
    ['ENGINE.WEIGHTS_UNREADABLE', {}, 'cannot read the weights. so it is'],
  ])('makes %s of a reply with it', async (code, details, message) => {
    const { transport } = transportOf(HELLO, OPENED, { id: 2, error: { code, message: 'so it is', details } });
    const session = await sessionOf(transport);
    const failure = { code, message: expect.stringContaining(message), retryable: false };
    await expect(session.measure(PLAN, 'nll')).rejects.toMatchObject(failure);
  });

  it('tells everybody who waits when the process ends, and those who ask later', async () => {
    const { transport, end } = transportOf(HELLO, OPENED);
    const session = await sessionOf(transport);
    const waiting = [session.measure(PLAN, 'nll'), session.layerStatistics()];
    end('ended by signal SIGKILL');
    const failure = { code: 'ENGINE.CRASHED', retryable: true, message: expect.stringContaining('SIGKILL') };
    for (const answer of [...waiting, session.measure(PLAN, 'nll')])
      await expect(answer).rejects.toMatchObject(failure);
  });

  it('gives the reason for which the process was ended', async () => {
    const { transport, fail } = transportOf(HELLO, OPENED);
    const session = await sessionOf(transport);
    const waiting = session.measure(PLAN, 'nll');
    fail(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
  });
});
