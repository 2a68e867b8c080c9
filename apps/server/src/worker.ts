import { randomUUID } from 'node:crypto';
import { cpus, hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reapOrphans } from '@swm/eval';
import { pino } from 'pino';
import { createPrisma } from './db/client.js';
import { openDatabase } from './db/database.js';
import { type Env, readEnv } from './env.js';
import { createQueue } from './queue/queue.js';
import { sweepTemporaryFolders } from './worker/checkpoint-files.js';
import { MeasurementAnswerer } from './worker/measurement-answerer.js';
import { Pipeline } from './worker/pipeline.js';
import { createStages, type StageTools } from './worker/stages/index.js';
import { WarmSessions } from './worker/warm-sessions.js';

const VERSION = '0.1.0';
const GRACE_SECONDS = 25;
const HEARTBEAT_MS = 10_000;

/** TensorFlow reads these when its library is loaded: quiet, no grabbing of the whole card, plain f32 in searches. */
function prepareTensorflow(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
}

/** The worker: takes experiments from the queue, one at a time, and answers measurements between them. Resolves once it listens; `stop` finishes or releases the running one. */
export async function startWorker(env: Env): Promise<{ stop(): Promise<void> }> {
  prepareTensorflow();
  const log = pino({ name: 'worker' });
  const onError = (error: Error) => log.warn({ err: error }, 'database');
  const database = await openDatabase({ databaseUrl: env.databaseUrl, swmHome: env.swmHome });
  const db = createPrisma(database.url, { onPoolError: onError });
  const queue = createQueue({ databaseUrl: database.url, consumes: true, onError });
  const workerId = randomUUID();
  await db.worker.create({ data: { id: workerId, host: hostname(), pid: process.pid, version: VERSION } });
  const heartbeat = setInterval(() => {
    db.worker.update({ where: { id: workerId }, data: { heartbeatAt: new Date() } }).catch(onError);
  }, HEARTBEAT_MS);

  const checkpointsFolder = join(env.swmHome, 'checkpoints');
  await sweepTemporaryFolders(checkpointsFolder);
  const runPrefix = 'swm-';
  const tools: StageTools = {
    python: env.python,
    engineFolder: env.engineFolder,
    engine: env.engine,
    torchDtype: env.torchDtype,
    taskDataFolder: env.taskDataFolder,
    modelsFolder: join(env.swmHome, 'models'),
    checkpointsFolder,
    threads: cpus().length,
    runPrefix,
    tool: `swm-platform ${VERSION}`,
  };
  const logError = (error: unknown, context: Readonly<Record<string, unknown>>) =>
    log.error({ err: error, ...context });
  const warm = new WarmSessions({
    budgetBytes: env.warmBytes,
    idleMs: env.warmIdleSeconds * 1000,
    onChange: (change, session) => log.info({ session }, `warm session ${change}`),
  });
  const pipeline = new Pipeline({
    db,
    stages: createStages(tools),
    workerId,
    experimentsFolder: join(env.swmHome, 'experiments'),
    checkpointsFolder,
    teamQuotaBytes: env.teamQuotaBytes,
    retention: env.retention,
    reap: (experimentId) => reapOrphans(`${runPrefix}${experimentId}`),
    alone: (work) => warm.alone(work),
    logError,
  });
  const answerer = new MeasurementAnswerer({ db, tools, warm, log: (line) => log.info(line), logError });
  const shutdown = new AbortController();
  await queue.open();
  await queue.consume('experiment', (id) => pipeline.run(id, shutdown.signal));
  await queue.consume('measurement', (id) => answerer.answer(id, shutdown.signal));
  log.info({ workerId }, 'listening');
  return {
    stop: async () => {
      shutdown.abort();
      await queue.close(GRACE_SECONDS);
      await warm.closeAll();
      clearInterval(heartbeat);
      await db.worker.update({ where: { id: workerId }, data: { stoppedAt: new Date() } }).catch(onError);
      await db.$disconnect();
      await database.stop();
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const worker = await startWorker(readEnv());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      worker.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}
