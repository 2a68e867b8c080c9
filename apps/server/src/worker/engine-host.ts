import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type BlockGradients,
  type EngineInfo,
  engineCrashed,
  type LayerSimilarity,
  type LayerStatistics,
  type Measurement,
  type Quantity,
} from '@swm/core/engine';
import { type LayerPlan, planJson } from '@swm/core/plan';
import { z } from 'zod';
import { revive } from './crossed-error.js';
import type { EngineAnswer, EngineReply, EngineRequest, EngineThreadData } from './engine-messages.js';

/** A session whose tensors live in another thread. `close` ends the thread. */
export interface HostedSession {
  readonly info: EngineInfo;
  measure(plan: LayerPlan, quantity: Quantity): Promise<Measurement>;
  layerStatistics(): Promise<LayerStatistics>;
  layerSimilarity(): Promise<LayerSimilarity>;
  blockGradients(): Promise<BlockGradients>;
  close(): Promise<void>;
}

const statusSchema = z.object({ ok: z.boolean(), reason: z.string().optional() });

/** Why set-up could not build the engine, if it could not: more telling than a module that is not found. */
async function readUnavailableReason(engineFolder: string): Promise<string | undefined> {
  try {
    const { ok, reason } = statusSchema.parse(JSON.parse(await readFile(join(engineFolder, 'status.json'), 'utf8')));
    return ok ? undefined : reason;
  } catch {
    return undefined; // no status, or one that set-up was killed over: loading the engine says what is wrong
  }
}

type Pending = {
  readonly resolve: (value: EngineAnswer) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Opens a model and its calibration in the engine's thread. Aborting the signal ends the thread at once. Throws what the engine throws,
 * the signal's reason, or `ENGINE.CRASHED`.
 */
export async function openEngineSession(options: {
  readonly folder: string;
  readonly tokenIds: readonly (readonly number[])[];
  readonly prefer: 'auto' | 'tensorflow' | 'wasm';
  readonly engineFolder: string;
  readonly signal: AbortSignal;
}): Promise<HostedSession> {
  const { signal, ...data } = options;
  signal.throwIfAborted();
  const workerData: EngineThreadData = { ...data, unavailableReason: await readUnavailableReason(data.engineFolder) };
  const thread = new Worker(new URL('./engine-thread.js', import.meta.url), { workerData, name: 'engine' });
  const pending = new Map<number | 'open', Pending>();
  let info: EngineInfo | undefined;
  let ended: unknown;
  const end = (reason: unknown) => {
    ended ??= reason;
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  };
  const onAbort = () => {
    end(signal.reason);
    void thread.terminate();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  thread.on('error', (error) => end(engineCrashed(error.message)));
  thread.on('exit', (code) => {
    signal.removeEventListener('abort', onAbort);
    end(engineCrashed(`exit code ${code}`));
  });
  thread.on('message', (message: EngineReply) => {
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if ('error' in message) waiting?.reject(revive(message.error));
    else if (message.id === 'open') {
      info = message.info;
      waiting?.resolve(null);
    } else waiting?.resolve(message.value);
  });
  const wait = (id: number | 'open') =>
    new Promise<EngineAnswer>((resolve, reject) => {
      if (ended) reject(ended);
      else pending.set(id, { resolve, reject });
    });
  let nextId = 0;
  const ask = (request: EngineRequest) => {
    const answered = wait(request.id);
    thread.postMessage(request);
    return answered;
  };
  const id = () => {
    nextId += 1;
    return nextId;
  };
  try {
    await wait('open');
  } catch (error) {
    await thread.terminate();
    throw error;
  }
  if (!info) throw engineCrashed('it opened without saying what it is');
  return {
    info,
    // The thread answers each call with its own kind of value.
    measure: (plan, quantity) =>
      ask({ id: id(), call: 'measure', planJson: planJson(plan), quantity }) as Promise<Measurement>,
    layerStatistics: () => ask({ id: id(), call: 'layerStatistics' }) as Promise<LayerStatistics>,
    layerSimilarity: () => ask({ id: id(), call: 'layerSimilarity' }) as Promise<LayerSimilarity>,
    blockGradients: () => ask({ id: id(), call: 'blockGradients' }) as Promise<BlockGradients>,
    close: async () => {
      if (!ended) await ask({ id: id(), call: 'close' });
      await thread.terminate();
    },
  };
}
