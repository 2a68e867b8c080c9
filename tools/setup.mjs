// Sets up whatever is missing: the Python environment, the engine, the build. Usage: npm run setup
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lastLines, run } from './command.mjs';
import { ROOT } from './paths.mjs';
import { setupEngine } from './setup-engine.mjs';
import { setupPython } from './setup-python.mjs';

/** Builds all packages through Turborepo (a second build is answered from its cache). */
export async function build({ log = console.log } = {}) {
  log('build: packages, server and web …');
  const env = { TURBO_TELEMETRY_DISABLED: '1', NEXT_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
  const { code, output } = await run(
    join(ROOT, 'node_modules', '.bin', 'turbo'),
    ['run', 'build', '--output-logs=errors-only'],
    { cwd: ROOT, env, quiet: true },
  );
  if (code !== 0) throw new Error(`The build failed:\n${lastLines(output, 60)}`);
  log(`build: ${/FULL TURBO/.test(output) ? 'unchanged' : 'done'}`);
}

/** Everything the demo, the services and the tests stand on. Python is needed; the compiled engine is not. */
export async function setup({ log = console.log } = {}) {
  const started = performance.now();
  const [python, engine, built] = await Promise.allSettled([
    setupPython({ log }),
    setupEngine({ log }),
    build({ log }),
  ]);
  const failed = [python, engine, built].find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  log(`set-up: ready in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await setup();
