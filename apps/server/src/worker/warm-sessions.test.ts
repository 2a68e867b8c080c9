import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from '@swm/core/engine';
import { parsePlan } from '@swm/core/plan';
import { describe, expect, it } from 'vitest';
import type { HostedSession } from './engine-host.js';
import { StoodAsideError, WarmSessions } from './warm-sessions.js';

const FOREVER_MS = 600_000;
const never = new AbortController().signal;
const plan = parsePlan('0-1');
const unasked = () => Promise.reject(new Error('not asked here'));

/** Sessions written in a few lines, which count how many of them are open; `answer` may hang, as an engine at work does. */
function engines(answer: (signal: AbortSignal, call: number) => Promise<number> = async () => 1) {
  const open = new Set<string>();
  let [opened, calls] = [0, 0];
  const request = (key: string, sizeBytes = 1) => ({
    key,
    sizeBytes,
    open: async (signal: AbortSignal): Promise<HostedSession> => {
      open.add(key);
      opened += 1;
      return {
        info: { name: 'tfjs', backend: 'wasm', package: 'test', device: 'cpu', dtype: 'f32' },
        measure: async (): Promise<Measurement> => {
          calls += 1;
          const mean = await answer(signal, calls);
          return { perSample: [mean], mean, layerForwards: 1 };
        },
        layerStatistics: unasked,
        layerSimilarity: unasked,
        blockGradients: unasked,
        close: async () => void open.delete(key),
      };
    },
  });
  return { open, request, opened: () => opened, calls: () => calls };
}

function warmSessions(options: { readonly budgetBytes?: number; readonly idleMs?: number } = {}) {
  const changes: string[] = [];
  const onChange = (change: string, key: string) => changes.push(`${key} ${change}`);
  return { changes, warm: new WarmSessions({ budgetBytes: 10, idleMs: FOREVER_MS, onChange, ...options }) };
}

const ask = (session: HostedSession) => session.measure(plan, 'cosine').then(({ mean }) => mean);

/** Hangs until it is told to end. */
const hang = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

describe('warm sessions', () => {
  it('answers the second question without opening again', async () => {
    const { request, opened } = engines();
    const { warm } = warmSessions();
    for (let time = 0; time < 3; time += 1) expect(await warm.use(request('a'), never, ask)).toBe(1);
    expect(opened()).toBe(1);
    await warm.closeAll();
  });

  it('closes what was used longest ago when the budget is passed, and refuses what can never fit', async () => {
    const { request, open } = engines();
    const { warm, changes } = warmSessions();
    for (const [key, size] of [
      ['a', 4],
      ['b', 4],
      ['a', 4],
      ['c', 6],
    ] as const)
      await warm.use(request(key, size), never, ask);
    expect([...open]).toEqual(['a', 'c']);
    expect(changes).toEqual(['a opened', 'b opened', 'b closed: room is needed', 'c opened']);
    const refused = warm.use(request('d', 11), never, ask);
    await expect(refused).rejects.toMatchObject({ code: 'MEASURE.MODEL_TOO_LARGE' });
    expect([...open]).toEqual(['a', 'c']);
    await warm.closeAll();
    expect(open.size).toBe(0);
  });

  it('closes a session that nobody asks any more', async () => {
    const { request, open } = engines();
    const { warm, changes } = warmSessions({ idleMs: 30 });
    await warm.use(request('a'), never, ask);
    while (open.size > 0) await sleep(5);
    expect(changes).toEqual(['a opened', 'a closed: idle']);
    expect(warm.keys).toEqual([]);
  });

  it('has nothing open and opens nothing while somebody needs the machine alone; what was under way is broken off', async () => {
    const { request, open, calls } = engines((signal, call) => (call === 1 ? hang(signal) : Promise.resolve(call)));
    const { warm } = warmSessions();
    const brokenOff = warm.use(request('a'), never, ask);
    while (calls() === 0) await sleep(1);
    await warm.alone(async () => {
      expect(open.size).toBe(0);
      await expect(brokenOff).rejects.toBeInstanceOf(StoodAsideError);
      await expect(warm.use(request('b'), never, ask)).rejects.toBeInstanceOf(StoodAsideError);
      expect([open.size, calls()]).toEqual([0, 1]);
    });
    expect(await warm.use(request('a'), never, ask)).toBe(2);
    await warm.closeAll();
  });

  it.each([
    [10, 40],
    [40, 10],
  ])('is free when the last of those who need the machine alone has it no more (%i ms, %i ms)', async (...spans) => {
    const { warm } = warmSessions();
    let left = spans.length;
    const alone = spans.map((ms) =>
      warm.alone(async () => {
        await sleep(ms);
        left -= 1;
      }),
    );
    await expect(warm.untilFree(AbortSignal.timeout(5))).rejects.toMatchObject({ name: 'TimeoutError' });
    await warm.untilFree(never);
    expect(left).toBe(0);
    await Promise.all(alone);
  });

  it('drops a session that failed', async () => {
    const { request, opened, open } = engines(async (_, call) => {
      if (call === 1) throw new Error('the engine crashed');
      return call;
    });
    const { warm } = warmSessions();
    await expect(warm.use(request('a'), never, ask)).rejects.toThrow('the engine crashed');
    expect(open.size).toBe(0);
    expect(await warm.use(request('a'), never, ask)).toBe(2);
    expect(opened()).toBe(2);
    await warm.closeAll();
  });

  it('ends at once when the worker stops', async () => {
    const { request, open, calls } = engines(hang);
    const { warm } = warmSessions();
    const stop = new AbortController();
    const atWork = warm.use(request('a'), stop.signal, ask);
    while (calls() === 0) await sleep(1);
    stop.abort(new Error('stopping'));
    await expect(atWork).rejects.toThrow('stopping');
    expect(open.size).toBe(0);
  });
});
