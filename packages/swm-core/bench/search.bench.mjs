/**
 * Sliding-Window Merging with the prefix cache against the same search, on the same engine, with every layer run for every candidate
 * (what the published script does), side by side.
 * Usage, after `npm run setup` and a converted model: node packages/swm-core/bench/search.bench.mjs [threshold=0.75] [rounds=3] [model]
 * `model` is a folder (default: the built-in one), or `shape:llama-2-7b`: random weights of that shape, 27 GB in f32, for a GPU.
 * Prints both times of each round, the ratio of the medians, the layer-forwards, and whether every similarity is the same.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { openModel } from '@swm/core/checkpoint';
import { loadBackend, TfjsSession } from '@swm/core/engine/tfjs';
import { createMethod, runSearch } from '@swm/core/method';
import { formatPlan, parsePlan } from '@swm/core/plan';
import { drawSamples } from '../../../apps/server/dist/worker/calibration-samples.js';
import { fileModelFolder } from '../../../apps/server/dist/worker/checkpoint-files.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const HOME = resolve(ROOT, process.env.SWM_HOME ?? '.swm');
const threshold = Number(process.argv[2] ?? 0.75);
const rounds = Number(process.argv[3] ?? 3);
const folder = process.argv[4] ?? join(HOME, 'models', 'smollm2-135m');
const isShape = folder === 'shape:llama-2-7b';
if (!isShape && !existsSync(join(folder, 'config.json')))
  throw new Error(`${folder} holds no model: run npm run demo once, or name another folder.`);
process.env.TF_CPP_MIN_LOG_LEVEL = '3';
process.env.TF_FORCE_GPU_ALLOW_GROWTH = 'true';
process.env.NVIDIA_TF32_OVERRIDE ??= '0';

/** Llama-2-7B's shape with random weights, made as they are asked for: hidden states stay near one, every layer matters. */
function randomLlama7b() {
  const [L, D, F, V] = [32, 4096, 11_008, 32_000];
  const config = {
    ...{
      architecture: 'llama',
      depth: L,
      hiddenSize: D,
      queryHeads: 32,
      kvHeads: 32,
      headSize: 128,
      mlpSize: F,
      vocabSize: V,
    },
    ...{ rmsNormEps: 1e-5, ropeTheta: 10_000, isTied: false, raw: {} },
  };
  let state = 1;
  const noise = Float32Array.from({ length: 1 << 20 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * Math.sqrt(3);
  });
  let drawn = 0;
  const readFloat32 = async (name) => {
    if (/norm/.test(name)) return new Float32Array(D).fill(1);
    const inputs = /down_proj/.test(name) ? F : D;
    const outputs = /embed_tokens|lm_head/.test(name) ? V : /gate_proj|up_proj/.test(name) ? F : D;
    const values = new Float32Array(inputs * outputs);
    // Another start each time: no two tensors are alike, nor are neighbouring rows, as the noise's length divides no row.
    const scaled = noise.map((value) => value / Math.sqrt(inputs));
    drawn = (drawn + 7919) % 4096;
    const part = noise.length - 4097;
    for (let filled = 0; filled < values.length; filled += part)
      values.set(scaled.subarray(drawn, drawn + Math.min(part, values.length - filled)), filled);
    return values;
  };
  return { config, tensors: new Map(), readFloat32 };
}

/** The model, and what closes it. */
async function openSource() {
  if (isShape) return { model: randomLlama7b(), close: async () => {} };
  const files = await fileModelFolder(folder);
  return { model: await openModel(files), close: () => files.close() };
}

/** The matrix an experiment calibrates with by default. [10][128] */
function calibration() {
  if (isShape)
    return Array.from({ length: 10 }, (_, row) =>
      Array.from({ length: 128 }, (_, at) => (row * 7919 + at * 104_729) % 32_000),
    );
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

const backend = await loadBackend({ prefer: 'auto', engineFolder: join(HOME, 'engine') });
const tokenIds = calibration();

/** One search in a session of its own; loading the weights is not timed. */
async function search(cacheBytes) {
  const { model, close } = await openSource();
  const session = await TfjsSession.open(backend, model, tokenIds, cacheBytes);
  await close();
  // One layer, so that no search pays for the first use of an operation.
  await session.measure(parsePlan(`0 !1-${model.config.depth - 1}`), 'nll');
  const similarities = [];
  const began = performance.now();
  const { plan, cursor } = await runSearch({
    method: createMethod({ name: 'swm', profile: 'repaired', threshold }),
    depth: model.config.depth,
    open: async () => session,
    onCandidate: async ({ similarity }) => {
      similarities.push(similarity);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  await session.close();
  return { seconds, plan: formatPlan(plan), similarities, layerForwards: cursor.layerForwards };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const { name, backend: kind, package: packageName, device } = backend.info;
console.log(`engine ${name}, ${packageName}, backend ${kind} on ${device}; threshold ${threshold}`);
const cached = [];
const whole = [];
for (let round = 0; round < rounds; round += 1) {
  cached.push(await search(1.5e9));
  whole.push(await search(0));
  console.log(
    `round ${round + 1}: prefix cache ${cached.at(-1).seconds.toFixed(2)} s, every layer ${whole.at(-1).seconds.toFixed(2)} s`,
  );
}
const [a, b] = [cached[0], whole[0]];
const distance = Math.max(...a.similarities.map((value, index) => Math.abs(value - b.similarities[index])));
const seconds = [cached, whole].map((runs) => median(runs.map((run) => run.seconds)));
console.log(
  `plan ${a.plan} (${a.similarities.length} candidates); every layer: ${b.plan === a.plan ? 'the same plan' : b.plan}`,
);
console.log(`largest difference between similarities: ${distance.toExponential(1)}`);
console.log(`layer-forwards: ${a.layerForwards} with the cache, ${b.layerForwards} without`);
console.log(
  `medians: ${seconds[0].toFixed(2)} s and ${seconds[1].toFixed(2)} s, ratio ${(seconds[1] / seconds[0]).toFixed(2)}`,
);
process.exit(a.plan === b.plan ? 0 : 1);
