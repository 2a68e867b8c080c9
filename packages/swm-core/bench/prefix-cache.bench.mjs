/**
 * Sliding-Window Merging with the prefix cache against the same search, on the same engine, with every layer run for every candidate
 * (what the published script does), side by side.
 * Usage, after `npm run build` and `npm run setup`: npm run bench -- prefix-cache [threshold=0.75] [rounds=3] [shape:llama-2-7b]
 * The model is SmolLM2-135M, or random weights of Llama-2-7B's shape, 27 GB in f32, for a GPU.
 * Prints both times of each round, the ratio of the medians, the layer-forwards, and whether every similarity is the same.
 */
import { join } from 'node:path';
import { loadBackend, TfjsSession } from '@swm/core/engine/tfjs';
import { createMethod, runSearch } from '@swm/core/method';
import { formatPlan, parsePlan } from '@swm/core/plan';
import { SWM_HOME } from '../../../tools/paths.mjs';
import { LLAMA } from '../dist/architecture/llama.js';
import { readConfig } from '../dist/architecture/read-config.js';
import { shapeTokenIds } from './shape-token-ids.mjs';

const threshold = Number(process.argv[2] ?? 0.75);
const rounds = Number(process.argv[3] ?? 3);
const isShape = process.argv[4] === 'shape:llama-2-7b';
// Read by TensorFlow when it is loaded.
process.env.TF_CPP_MIN_LOG_LEVEL = '3';
process.env.TF_FORCE_GPU_ALLOW_GROWTH = 'true';
process.env.NVIDIA_TF32_OVERRIDE ??= '0';

/** Llama-2-7B's shape with random weights, made as they are asked for: hidden states stay near one, every layer matters. */
function randomLlama7b() {
  const [L, D, F, V] = [32, 4096, 11_008, 32_000];
  const config = readConfig(LLAMA, {
    ...{ num_hidden_layers: L, hidden_size: D, intermediate_size: F, vocab_size: V, num_attention_heads: 32 },
    rms_norm_eps: 1e-5,
  });
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

/** A new session on token ids that no sampler drew. */
async function openShape(cacheBytes) {
  const backend = await loadBackend({ prefer: 'auto', engineFolder: join(SWM_HOME, 'engine') });
  return TfjsSession.open(backend, randomLlama7b(), shapeTokenIds, cacheBytes);
}

// The built-in model needs the whole platform, which a machine lent for its GPU may lack.
const { openTfjs, DEPTH } = isShape ? { openTfjs: undefined, DEPTH: 32 } : await import('./builtin-model.mjs');
const openSession = (cacheBytes) => (openTfjs ? openTfjs('auto', cacheBytes) : openShape(cacheBytes));

/** One search in a session of its own; loading the weights is not timed. */
async function search(cacheBytes) {
  const session = await openSession(cacheBytes);
  // One layer, so that no search pays for the first use of an operation.
  await session.measure(parsePlan(`0 !1-${DEPTH - 1}`), 'nll');
  const similarities = [];
  const began = performance.now();
  const { plan, cursor } = await runSearch({
    method: createMethod({ name: 'swm', profile: 'repaired', threshold }),
    depth: DEPTH,
    open: async () => session,
    onCandidate: async ({ similarity }) => {
      similarities.push(similarity);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  await session.close();
  return { seconds, plan: formatPlan(plan), similarities, layerForwards: cursor.layerForwards, info: session.info };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
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
console.log(`${a.info.package}, backend ${a.info.backend} on ${a.info.device}; threshold ${threshold}`);
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
