// Builds the TensorFlow.js engine (@tensorflow/tfjs-node-gpu on a current TensorFlow) in SWM_HOME/engine.
// Usage: npm run setup:engine            (idempotent; about 40 s the first time, 1 s afterwards)
// Where it cannot be built, the reason is shown and kept in SWM_HOME/engine/status.json, and searches run on wasm.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lastLines, run } from './command.mjs';
import { ENGINE_FOLDER, ROOT } from './paths.mjs';

const PACKAGE = '@tensorflow/tfjs-node-gpu@4.22.0';
const STATUS_FILE = join(ENGINE_FOLDER, 'status.json');

/** True where the NVIDIA driver answers: then the CUDA build and NVIDIA's libraries are installed. */
async function hasNvidiaGpu() {
  return (await run('nvidia-smi', ['-L'], { quiet: true })).code === 0;
}

/** The line of the installer's output that says why it stopped. */
function reasonOf(output) {
  const line = output.split('\n').findLast((text) => text.includes('ERROR:'));
  return line ? line.replace(/^.*ERROR:\s*/, '') : lastLines(output, 3);
}

/** What the last set-up found: `{ ok, package, reason?, detail? }`, or undefined before the first. */
export function engineStatus() {
  try {
    return JSON.parse(readFileSync(STATUS_FILE, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Builds or verifies the engine; never throws: a machine without a compiler still prunes, on wasm. */
export async function setupEngine({ log = console.log } = {}) {
  mkdirSync(ENGINE_FOLDER, { recursive: true });
  const cuda = await hasNvidiaGpu();
  log(`engine: ${PACKAGE}${cuda ? ' with CUDA' : ''} …`);
  const args = [join(ROOT, 'tools', 'install-tfjs-node.sh'), ...(cuda ? ['--cuda-libs'] : []), PACKAGE, ENGINE_FOLDER];
  const { code, output } = await run('bash', args, { quiet: true });
  const status =
    code === 0
      ? {
          ok: true,
          package: PACKAGE,
          cuda,
          detail: lastLines(
            output
              .split('\n')
              .filter((line) => line.startsWith('ok:'))
              .join('\n'),
            1,
          ),
        }
      : { ok: false, package: PACKAGE, cuda, reason: `${PACKAGE} could not be built: ${reasonOf(output)}` };
  writeFileSync(STATUS_FILE, `${JSON.stringify({ ...status, at: new Date().toISOString() }, null, 2)}\n`);
  log(
    status.ok
      ? `engine: ${status.detail}`
      : `engine: ${status.reason}\nengine: searches will run on wasm (slower, same plans). See docs/errors.md, ENGINE.UNAVAILABLE.`,
  );
  return status;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await setupEngine();
