/**
 * The time of a search on the torch engine as the platform sees it: from the TypeScript client's first `measure` to its last answer, the
 * session open. Beside search_torch.bench.py, which makes the checkpoint and times the engine alone and the published script's sequence.
 * Usage: node packages/swm-core/bench/search-torch-client.bench.mjs FOLDER [threshold=0.9] [rounds=3] [python=python3] [dtype=f16]
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { openModel } from '@swm/core/checkpoint';
import { createTorchEngine, TORCH_ENGINE_SCRIPT } from '@swm/core/engine/torch';
import { createMethod, runSearch } from '@swm/core/method';
import { formatPlan, parsePlan } from '@swm/core/plan';
import { fileModelFolder } from '../../../apps/server/dist/worker/checkpoint-files.js';
import { shapeTokenIds } from './shape-token-ids.mjs';

const [folder, threshold = '0.9', rounds = '3', python = 'python3', dtype = 'f16'] = process.argv.slice(2);
if (!folder) throw new Error('usage: node search-torch-client.bench.mjs FOLDER [threshold] [rounds] [python] [dtype]');

/** The engine's process, as lines. */
function openTransport() {
  const child = spawn(python, [TORCH_ENGINE_SCRIPT, 'auto', dtype], { stdio: ['pipe', 'pipe', 'inherit'] });
  const done = new Promise((end) => child.on('exit', (code) => end(`exit code ${code}`)));
  return {
    send: (line) => child.stdin.write(`${line}\n`),
    onLine: (listener) => createInterface({ input: child.stdout }).on('line', listener),
    done,
    close: async () => {
      child.kill();
      await done;
    },
  };
}

const files = await fileModelFolder(folder);
const model = await openModel(files);
const { depth } = model.config;
const seconds = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const engine = await createTorchEngine({ transport: openTransport(), folder });
  const session = await engine.open(model, shapeTokenIds);
  // One layer, so that no search pays for the first use of an operation.
  await session.measure(parsePlan(`0 !1-${depth - 1}`), 'nll');
  const began = performance.now();
  const { plan, cursor } = await runSearch({
    method: createMethod({ name: 'swm', profile: 'repaired', threshold: Number(threshold) }),
    depth,
    open: async () => session,
  });
  seconds.push((performance.now() - began) / 1000);
  console.log(
    `${seconds.at(-1).toFixed(2)} s, ${cursor.evaluations} measured of ${cursor.index} candidates, ${cursor.layerForwards} layer-forwards, plan ${formatPlan(plan)}`,
  );
  await session.close();
}
console.log(`median ${seconds.toSorted((a, b) => a - b)[seconds.length >> 1].toFixed(2)} s`);
await files.close();
