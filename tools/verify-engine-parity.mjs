// Searches SmolLM2-135M on the tfjs and the torch engine and compares plans, similarities, costs and times.
// Usage: npm run verify -- engine-parity      (needs npm run build and npm run setup; the model is converted when missing)
// Passes when at each threshold the plans are equal, or the decision that differs lies within 1e-4 of the threshold.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { drawSamples } from '../apps/server/dist/worker/calibration-samples.js';
import { fileModelFolder } from '../apps/server/dist/worker/checkpoint-files.js';
import { openTorchSession } from '../apps/server/dist/worker/torch-host.js';
import { convertBuiltin } from '../packages/eval/dist/index.js';
import { openModel } from '../packages/swm-core/dist/checkpoint/index.js';
import { createTfjsEngine } from '../packages/swm-core/dist/engine/tfjs/index.js';
import { createMethod, runSearch } from '../packages/swm-core/dist/method/index.js';
import { formatPlan } from '../packages/swm-core/dist/plan/index.js';
import { ENGINE_FOLDER, PYTHON, ROOT, SWM_HOME } from './paths.mjs';

const THRESHOLDS = [0.9, 0.8, 0.7, 0.6];
const DEPTH = 30;
const TOLERANCE = 1e-4;
process.env.TF_CPP_MIN_LOG_LEVEL = '3';
process.env.TF_FORCE_GPU_ALLOW_GROWTH = 'true';
process.env.NVIDIA_TF32_OVERRIDE = '0';

const folder = join(SWM_HOME, 'models', 'smollm2-135m');
await convertBuiltin({ python: PYTHON, folder, runId: 'verify-parity' });

/** The matrix an experiment calibrates with by default. [10][128] */
function calibration() {
  const json = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const lines = readFileSync(join(ROOT, 'packages/eval/tasks/calibration/builtin.jsonl'), 'utf8').trim().split('\n');
  return drawSamples({
    documents: lines.map((line) => JSON.parse(line).text),
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    samples: 10,
    tokens: 128,
    seed: 1234,
  });
}

const tokenIds = calibration();

/** A new session of each engine: every search begins with an empty cache. */
const ENGINES = {
  tfjs: async () => {
    const engine = await createTfjsEngine({ prefer: 'auto', engineFolder: ENGINE_FOLDER });
    const files = await fileModelFolder(folder);
    const session = await engine.open(await openModel(files), tokenIds);
    await files.close();
    return session;
  },
  torch: () =>
    openTorchSession({
      ...{ folder, tokenIds, python: PYTHON, dtype: 'f32', threads: cpus().length, runId: 'verify-parity' },
      signal: new AbortController().signal,
      onLine: console.error,
    }),
};

/** One search; loading the weights is not timed. */
async function search(name, threshold) {
  const session = await ENGINES[name]();
  const candidates = [];
  const started = performance.now();
  const { plan, cursor } = await runSearch({
    method: createMethod({ name: 'swm', profile: 'released', threshold }),
    depth: DEPTH,
    open: async () => session,
    onCandidate: async (candidate) => void candidates.push(candidate),
  });
  const seconds = (performance.now() - started) / 1000;
  await session.close();
  return { plan: formatPlan(plan), layerForwards: cursor.layerForwards, candidates, seconds, info: session.info };
}

let passed = true;
for (const threshold of THRESHOLDS) {
  const tfjs = await search('tfjs', threshold);
  const torch = await search('torch', threshold);
  if (threshold === THRESHOLDS[0])
    for (const { info } of [tfjs, torch])
      console.log(`${info.package}, backend ${info.backend} on ${info.device}, ${info.dtype}`);
  const shared = tfjs.candidates.findIndex(({ plan }, index) => plan !== torch.candidates[index]?.plan);
  const compared = shared === -1 ? tfjs.candidates : tfjs.candidates.slice(0, shared);
  const differences = compared.map(({ similarity }, index) =>
    Math.abs(similarity - torch.candidates[index].similarity),
  );
  const isEqual = tfjs.plan === torch.plan && tfjs.layerForwards === torch.layerForwards;
  console.log(`threshold ${threshold}: ${tfjs.plan}`);
  console.log(`  torch ${isEqual ? 'finds the same plan at the same cost' : `finds ${torch.plan}`}`);
  console.log(`  ${compared.length} similarities, largest difference ${Math.max(...differences).toExponential(2)}`);
  console.log(
    `  ${tfjs.layerForwards} and ${torch.layerForwards} layer forwards; tfjs ${tfjs.seconds.toFixed(2)} s, torch ${torch.seconds.toFixed(2)} s, ratio ${(tfjs.seconds / torch.seconds).toFixed(2)}`,
  );
  // The candidate before the first that differs is the decision that parted them.
  const parting = shared > 0 ? Math.abs(tfjs.candidates[shared - 1].similarity - threshold) : 0;
  if (!isEqual) console.log(`  the decision that differs lies ${parting.toExponential(2)} from the threshold`);
  passed &&= Math.max(...differences) <= TOLERANCE && (isEqual || parting <= TOLERANCE);
}
console.log(passed ? 'both engines agree' : 'the engines disagree');
process.exit(passed ? 0 : 1);
