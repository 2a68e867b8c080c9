import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, REPOSITORY, waitFor } from '../support/stack.js';

const WEB = join(REPOSITORY, 'apps/web');

/** The built pages, served by `next start` as in production, on a port of their own. */
export async function startWeb(options: { readonly apiUrl: string; readonly home: string }) {
  if (!existsSync(join(WEB, '.next/BUILD_ID'))) throw new Error('The pages are not built: run npm run build.');
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [join(REPOSITORY, 'node_modules/next/dist/bin/next'), 'start', WEB, '-p', String(port), '-H', '127.0.0.1'],
    {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '',
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        SWM_API_URL: options.apiUrl,
        SWM_HOME: options.home,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log = (log + chunk).slice(-20_000);
    });
  }
  const ended = new Promise<void>((resolveEnd) => child.once('close', () => resolveEnd()));
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    'the first answer of the pages',
    async () => {
      if (child.exitCode !== null) throw new Error(`next start ended with code ${child.exitCode}:\n${log}`);
      const isUp = await fetch(`${url}/healthz`).then(
        (reply) => reply.ok,
        () => false,
      );
      return isUp || undefined;
    },
    60_000,
  );
  return {
    url,
    log: () => log,
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(killer);
    },
  };
}

export type WebServer = Awaited<ReturnType<typeof startWeb>>;
