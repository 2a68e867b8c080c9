// The Prisma CLI on the WASM schema engine, so that nothing is downloaded. Usage: node tools/prisma.mjs generate | migrate dev | …
// The database: DATABASE_URL, else the embedded PostgreSQL under SWM_HOME (attached to, or started for this command).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, SWM_HOME } from './paths.mjs';

const WITHOUT_DATABASE = new Set(['generate', 'validate', 'format', 'version', '-v', '--version', '-h', '--help']);

/** The embedded server, through the built server package. */
async function openEmbedded() {
  const module = join(ROOT, 'apps/server/dist/db/database.js');
  if (!existsSync(module)) {
    throw new Error('This command needs a database: set DATABASE_URL, or run "npm run build" first.');
  }
  const { openDatabase } = await import(pathToFileURL(module).href);
  return openDatabase({ swmHome: SWM_HOME });
}

/** Runs the CLI on our terminal, because it asks before it resets anything. */
function runPrisma(args, databaseUrl) {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/prisma/build/index.js'), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: join(ROOT, 'tools', 'schema-engine.mjs'),
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
    },
  });
  return new Promise((resolveRun) => {
    child.on('error', () => resolveRun(127));
    child.on('close', (code) => resolveRun(code ?? 1));
  });
}

const args = process.argv.slice(2);
if (args.length === 0) {
  console.error('Usage: node tools/prisma.mjs generate | validate | format | migrate dev|deploy|diff|status … | db …');
  process.exit(2);
}
try {
  const needsEmbedded = !process.env.DATABASE_URL && !WITHOUT_DATABASE.has(args[0]);
  const embedded = needsEmbedded ? await openEmbedded() : undefined;
  process.exitCode = await runPrisma(args, embedded?.url);
  await embedded?.stop();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
