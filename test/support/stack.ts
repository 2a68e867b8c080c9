import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPrisma } from '../../apps/server/src/db/client.js';
import { processesOf } from '../../packages/eval/src/process/process-tree.js';
import { createTestDatabase } from './database.js';
import { scratchFolder } from './scratch-folder.js';

export const REPOSITORY = resolve(import.meta.dirname, '../..');
export const PYTHON = resolve(REPOSITORY, process.env.SWM_PYTHON ?? '.swm/python/bin/python');
export const ENGINE_FOLDER = resolve(REPOSITORY, process.env.SWM_ENGINE_FOLDER ?? '.swm/engine');
export const CALIBRATION = join(REPOSITORY, 'packages/eval/tasks/calibration/builtin.jsonl');

// biome-ignore lint/suspicious/noExplicitAny: replies have the shape the test asked for
export type Data = any;

/** A random Llama with a real tokenizer, made by transformers. */
export function makeTinyModel(
  folder: string,
  options: { readonly layers?: number; readonly seed?: number } = {},
): string {
  const { layers = 24, seed = 0 } = options;
  execFileSync(
    PYTHON,
    [join(REPOSITORY, 'test/support/tiny_model.py'), folder, CALIBRATION, String(layers), String(seed)],
    { stdio: 'pipe' },
  );
  return folder;
}

export const freePort = (): Promise<number> =>
  new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolvePort(address.port) : reject(new Error('no port')),
      );
    });
  });

/** Polls until `read` gives something that is not undefined. */
export async function waitFor<T>(
  what: string,
  read: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 180_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const value = await read();
    if (value !== undefined) return value;
    await sleep(50);
  }
  throw new Error(`${what} did not happen within ${timeoutMs / 1000} s`);
}

/** API and worker as built, each a process of its own, on a private database and home folder. */
export async function startStack(options: { readonly env?: Readonly<Record<string, string>> } = {}) {
  const database = await createTestDatabase();
  const scratch = scratchFolder('stack');
  const home = join(scratch.path, 'home');
  mkdirSync(home);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    DATABASE_URL: database.url,
    SWM_HOME: home,
    SWM_API_PORT: String(port),
    SWM_PYTHON: PYTHON,
    SWM_ENGINE_FOLDER: ENGINE_FOLDER,
    ...options.env,
  };
  const children = new Set<ChildProcess>();
  let log = '';
  const start = (file: string) => {
    const child = spawn(process.execPath, [join(REPOSITORY, 'apps/server/dist', file)], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        log = (log + chunk).slice(-20_000);
      });
    }
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };
  const ended = (child: ChildProcess) =>
    new Promise<void>((resolveEnd) =>
      child.exitCode !== null || child.signalCode ? resolveEnd() : child.once('close', () => resolveEnd()),
    );

  start('api.js');
  await waitFor(
    `the API's first answer\n${log}`,
    async () =>
      (await fetch(`${url}/healthz`).then(
        (reply) => reply.ok,
        () => false,
      ))
        ? true
        : undefined,
    60_000,
  );
  const token = readFileSync(join(home, 'token'), 'utf8').trim();
  let worker = start('worker.js');
  const db = createPrisma(database.url);

  async function graphql(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
    // A test that made a model by a program held this thread: connections closed meanwhile are noticed in the loop's next turns.
    await sleep(10);
    const reply = await fetch(`${url}/graphql`, {
      method: 'POST',
      // A kept connection may have been closed by the API while a test made a model.
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, connection: 'close' },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await reply.json()) as Data; // the test's own shape
    if (body.errors) throw new Error(JSON.stringify(body.errors));
    return body.data;
  }

  return {
    ...{ url, home, db, token, graphql, scratch: scratch.path },
    log: () => log,
    async register(source: string): Promise<string> {
      const { registerModel } = await graphql(
        'mutation ($input: RegisterModelInput!) { registerModel(input: $input) { model { id } userErrors { code message } } }',
        { input: { source } },
      );
      if (!registerModel.model) throw new Error(JSON.stringify(registerModel.userErrors));
      return registerModel.model.id;
    },
    async launch(input: Data): Promise<string> {
      const { launchExperiment } = await graphql(
        'mutation ($input: LaunchExperimentInput!) { launchExperiment(input: $input) { experiment { id } userErrors { code field message } } }',
        { input },
      );
      if (!launchExperiment.experiment) throw new Error(JSON.stringify(launchExperiment.userErrors));
      return launchExperiment.experiment.id;
    },
    /** Waits for a final state and returns it. */
    async finished(id: string, timeoutMs = 240_000): Promise<string> {
      return waitFor(
        `the end of experiment ${id}`,
        async () => {
          const { state } = await db.experiment.findUniqueOrThrow({ where: { id } });
          return ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(state) ? state : undefined;
        },
        timeoutMs,
      );
    },
    /** SIGKILL: no goodbye. */
    async killWorker(): Promise<void> {
      worker.kill('SIGKILL');
      await ended(worker);
    },
    startWorker(): void {
      worker = start('worker.js');
    },
    processesOf: (experimentId: string) => processesOf(`swm-${experimentId}`),
    async stop(): Promise<void> {
      for (const child of children) child.kill('SIGTERM');
      const all = Promise.all([...children].map(ended));
      await Promise.race([all, sleep(30_000, undefined, { ref: false })]);
      for (const child of children) child.kill('SIGKILL');
      await db.$disconnect();
      await database.drop();
      scratch.remove();
    },
  };
}

export type Stack = Awaited<ReturnType<typeof startStack>>;

/** Whether the compiled engine is there: where it is not, searches run on wasm. */
export const hasCompiledEngine = (): boolean =>
  existsSync(join(ENGINE_FOLDER, 'node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node'));
