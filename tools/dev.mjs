// Development: everything of `npm start`, with TypeScript in watch mode and Next's dev server. Usage: npm run dev
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PYTHON, ROOT, SWM_HOME } from './paths.mjs';
import { API_PORT, API_URL, untilInterrupted, WEB_PORT, WEB_URL } from './services.mjs';
import { setup } from './setup.mjs';

await setup();
const { openDatabase } = await import(pathToFileURL(join(ROOT, 'apps/server/dist/db/database.js')).href);
const database = await openDatabase({ databaseUrl: process.env.DATABASE_URL, swmHome: SWM_HOME });
const env = {
  ...process.env,
  DATABASE_URL: database.url,
  SWM_HOME,
  SWM_API_PORT: String(API_PORT),
  SWM_WEB_PORT: String(WEB_PORT),
  SWM_API_URL: API_URL,
  SWM_PYTHON: PYTHON,
};
const tsc = (project) => [
  join(ROOT, 'node_modules/typescript/bin/tsc'),
  '-p',
  project,
  '--watch',
  '--preserveWatchOutput',
];
const commands = [
  tsc('packages/swm-core/tsconfig.build.json'),
  tsc('packages/eval/tsconfig.build.json'),
  tsc('apps/server/tsconfig.build.json'),
  ['--watch', 'apps/server/dist/api.js'],
  ['--watch', 'apps/server/dist/worker.js'],
  [join(ROOT, 'node_modules/next/dist/bin/next'), 'dev', 'apps/web', '-p', String(WEB_PORT), '-H', '127.0.0.1'],
];
const children = commands.map((args) =>
  spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit', detached: true }),
);
console.log(`web ${WEB_URL} · api ${API_URL}/graphql · token in ${join(SWM_HOME, 'token')}. Ctrl-C stops everything.`);
await untilInterrupted();
for (const child of children) {
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has ended already: nothing left to stop.
  }
}
await database.stop();
process.exit(0);
