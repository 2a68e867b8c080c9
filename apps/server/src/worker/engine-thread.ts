import { parentPort, workerData } from 'node:worker_threads';
import { openModel } from '@swm/core/checkpoint';
import type { EngineSession } from '@swm/core/engine';
import { createTfjsEngine } from '@swm/core/engine/tfjs';
import { readPlanJson } from '@swm/core/plan';
import { fileModelFolder } from './checkpoint-files.js';
import { cross } from './crossed-error.js';
import type { EngineReply, EngineRequest, EngineThreadData } from './engine-messages.js';

/** The engine's own thread: tensors here, heartbeats there, so that a long operation delays neither lease nor cancel. */
const port = parentPort;
if (!port) throw new Error('engine-thread.js runs as a worker thread only');

const reply = (message: EngineReply): void => port.postMessage(message);

async function open(): Promise<EngineSession> {
  const { folder, tokenIds, prefer, engineFolder, unavailableReason }: EngineThreadData = workerData;
  const engine = await createTfjsEngine({ prefer, engineFolder, unavailableReason });
  const files = await fileModelFolder(folder);
  try {
    return await engine.open(await openModel(files), tokenIds);
  } finally {
    await files.close(); // the weights are on the backend by now
  }
}

async function answer(session: EngineSession, request: EngineRequest) {
  switch (request.call) {
    case 'measure':
      return session.measure(readPlanJson(JSON.parse(request.planJson)), request.quantity);
    case 'layerStatistics':
      return session.layerStatistics();
    case 'layerSimilarity':
      return session.layerSimilarity();
    case 'blockGradients':
      return session.blockGradients();
    case 'close':
      await session.close();
      return null;
  }
}

try {
  const session = await open();
  reply({ id: 'open', info: session.info });
  port.on('message', (request: EngineRequest) => {
    answer(session, request).then(
      (value) => reply({ id: request.id, value }),
      (error: unknown) => reply({ id: request.id, error: cross(error) }),
    );
  });
} catch (error) {
  reply({ id: 'open', error: cross(error) });
}
