// Starts and stops the platform's processes: database, API, worker, web. Usage: import only.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { lastLines } from './command.mjs';
import { ENGINE_FOLDER, PYTHON, ROOT, SWM_HOME } from './paths.mjs';
import { engineStatus } from './setup-engine.mjs';

export const API_PORT = Number(process.env.SWM_API_PORT ?? 4000);
export const WEB_PORT = Number(process.env.SWM_WEB_PORT ?? 3000);
export const API_URL = `http://127.0.0.1:${API_PORT}`;
export const WEB_URL = `http://127.0.0.1:${WEB_PORT}`;

/** Refuses a port that somebody else holds, before anything is started. */
async function needFreePort(port, variable) {
  await new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.once('error', () =>
      reject(
        new Error(
          `API.PORT_BUSY: port ${port} is in use. Stop what listens there (perhaps another "npm start"), or set ${variable} to a free port.`,
        ),
      ),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(resolvePort));
  });
}

/** One child process with its log file; it is stopped by SIGTERM to its group, then SIGKILL. */
function startProcess(name, args, env) {
  const logFile = join(SWM_HOME, 'logs', `${name}.log`);
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for us: we stop worker, API and database in this order.
    detached: true,
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      tail = (tail + chunk).slice(-8_000);
      log.write(chunk);
    });
  }
  const service = { name, child, logFile, tail: () => tail, exited: false, stopping: false };
  service.done = new Promise((resolveDone) =>
    child.on('close', (code) => {
      service.exited = true;
      service.code = code;
      log.end();
      resolveDone(code);
    }),
  );
  return service;
}

async function stopProcess(service) {
  service.stopping = true;
  if (service.exited) return;
  service.child.kill('SIGTERM');
  const stopped = await Promise.race([service.done.then(() => true), sleep(35_000, false, { ref: false })]);
  if (!stopped) service.child.kill('SIGKILL');
  await service.done;
}

/** Polls an address until it answers 2xx; fails at once with the log's tail if the process has ended. */
async function waitUntilAnswers(service, url, timeoutMs = 60_000) {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (service.exited)
      throw new Error(
        `The ${service.name} ended with code ${service.code} (log: ${service.logFile}):\n${lastLines(service.tail())}`,
      );
    const ok = await fetch(url).then(
      (reply) => reply.ok,
      () => false,
    );
    if (ok) return;
    await sleep(150);
  }
  throw new Error(
    `The ${service.name} did not answer on ${url} within ${timeoutMs / 1000} s (log: ${service.logFile}).`,
  );
}

function startWeb(env) {
  const next = join(ROOT, 'node_modules/next/dist/bin/next');
  return startProcess('web', [next, 'start', join(ROOT, 'apps/web'), '-p', String(WEB_PORT), '-H', '127.0.0.1'], env);
}

/**
 * Starts database (embedded unless DATABASE_URL is set), API, worker and web, and waits until they answer.
 * Returns `{ token, stop() }`. `web: false` leaves the web out. Needs a finished build.
 */
export async function startServices({ log = console.log, onUnexpectedExit, web: withWeb = true } = {}) {
  mkdirSync(join(SWM_HOME, 'logs'), { recursive: true });
  await needFreePort(API_PORT, 'SWM_API_PORT');
  if (withWeb) await needFreePort(WEB_PORT, 'SWM_WEB_PORT');
  const { openDatabase } = await import(pathToFileURL(join(ROOT, 'apps/server/dist/db/database.js')).href);
  const database = await openDatabase({ databaseUrl: process.env.DATABASE_URL, swmHome: SWM_HOME });
  log(`database: ${process.env.DATABASE_URL ? 'the one DATABASE_URL names' : 'embedded PostgreSQL'}`);
  const env = {
    DATABASE_URL: database.url,
    SWM_HOME,
    SWM_API_PORT: String(API_PORT),
    SWM_WEB_PORT: String(WEB_PORT),
    SWM_API_URL: API_URL,
    SWM_PYTHON: PYTHON,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
  };
  const services = [];
  const stop = async () => {
    for (const service of services.toReversed()) await stopProcess(service);
    await database.stop();
  };
  try {
    const api = startProcess('api', [join(ROOT, 'apps/server/dist/api.js')], env);
    services.push(api);
    await waitUntilAnswers(api, `${API_URL}/healthz`);
    log(`api: ${API_URL}/graphql`);
    services.push(startProcess('worker', [join(ROOT, 'apps/server/dist/worker.js')], env));
    log(`worker: engine folder ${ENGINE_FOLDER}${engineStatus()?.ok ? '' : ' (not built: wasm)'}`);
    if (withWeb) {
      const web = startWeb(env);
      services.push(web);
      await waitUntilAnswers(web, `${WEB_URL}/healthz`);
      log(`web: ${WEB_URL}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  for (const service of services) {
    service.done.then((code) => {
      if (!service.stopping)
        onUnexpectedExit?.(
          `The ${service.name} ended with code ${code} (log: ${service.logFile}):\n${lastLines(service.tail())}`,
        );
    });
  }
  return { token: readFileSync(join(SWM_HOME, 'token'), 'utf8').trim(), stop };
}

/** Resolves on Ctrl-C or SIGTERM. */
export function untilInterrupted() {
  return new Promise((resolveSignal) => {
    process.once('SIGINT', resolveSignal);
    process.once('SIGTERM', resolveSignal);
  });
}
