/**
 * What remembering saves, counted in layer-forwards (one decoder layer over the whole calibration) on SmolLM2-135M:
 * SLEB with the prefix cache of hidden states at three sizes, and ten thresholds of Sliding-Window Merging with one memory of measured
 * plans beside ten searches of their own. Counts do not depend on the machine.
 * Usage, after `npm run build` and `npm run setup`: npm run bench -- layer-forwards [engine=torch]
 */
import { createMemory, createMethod, remembering, runSearch } from '@swm/core/method';
import { formatPlan } from '@swm/core/plan';
import { DEPTH, openTfjs, openTorch } from './builtin-model.mjs';

const [engine = 'torch'] = process.argv.slice(2);
const open = (cacheBytes) => (engine === 'torch' ? openTorch(cacheBytes) : openTfjs(engine, cacheBytes));

async function search(request, session, memory = createMemory()) {
  const values = [];
  const { plan, cursor } = await runSearch({
    method: createMethod(request),
    depth: DEPTH,
    open: async () => remembering(session, memory),
    onCandidate: async ({ similarity }) => void values.push(similarity),
  });
  return { plan: formatPlan(plan), layerForwards: cursor.layerForwards, evaluations: cursor.evaluations, values };
}

async function inNewSession(request, cacheBytes) {
  const session = await open(cacheBytes);
  try {
    return await search(request, session);
  } finally {
    await session.close();
  }
}

let passed = true;
const check = (isMet, text) => {
  passed &&= isMet;
  console.log(`  ${isMet ? 'met' : 'NOT MET'}: ${text}`);
};

console.log('SLEB, 6 of 30 layers');
const sleb = { name: 'sleb', targetLayers: DEPTH - 6 };
const bare = await inNewSession(sleb, 0);
console.log(`  no cache: ${bare.plan}, ${bare.evaluations} candidates, ${bare.layerForwards} layer-forwards`);
for (const [bytes, least] of [
  [2e8, 1.9],
  [6e9, 2.3],
]) {
  const cached = await inNewSession(sleb, bytes);
  const ratio = bare.layerForwards / cached.layerForwards;
  // Perplexities; a ratio of 1 + x is a difference of x in the mean loss.
  const distance = Math.max(...cached.values.map((value, at) => Math.abs(value / bare.values[at] - 1)));
  console.log(
    `  ${bytes / 1e6} MB: ${cached.layerForwards} layer-forwards, ${ratio.toFixed(2)} times fewer; NLL within ${distance.toExponential(1)}`,
  );
  check(
    ratio >= least && cached.plan === bare.plan && distance <= 1e-5,
    `at least ${least} times fewer, same plan, NLL to 1e-5`,
  );
}

console.log('Sliding-Window Merging at ten thresholds');
const memory = createMemory();
const shared = await open();
const sums = { alone: 0, together: 0 };
for (let step = 0; step < 10; step += 1) {
  const request = { name: 'swm', threshold: Number((0.95 - 0.05 * step).toFixed(2)) };
  const alone = await inNewSession(request);
  const together = await search(request, shared, memory);
  sums.alone += alone.layerForwards;
  sums.together += together.layerForwards;
  passed &&= alone.plan === together.plan;
  console.log(
    `  ${request.threshold}: ${alone.plan}${alone.plan === together.plan ? '' : ` but ${together.plan}`}; ${alone.layerForwards} alone, ${together.layerForwards} with what was known`,
  );
}
await shared.close();
check(
  sums.together <= 0.5 * sums.alone,
  `${sums.together} layer-forwards together, ${sums.alone} alone: ${(sums.together / sums.alone).toFixed(2)} of them, at most .5`,
);
process.exit(passed ? 0 : 1);
