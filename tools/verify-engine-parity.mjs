// Every method on SmolLM2-135M by the tfjs and by the torch engine: plans, numbers, costs and times.
// Usage: npm run verify -- engine-parity      (needs npm run build and npm run setup; the model is converted when missing)
// Passes when the plans of each method are equal, or the decision that differs lies within 1e-4 of its threshold.
import { createMethod, readMethodRequest, runSearch } from '@swm/core/method';
import { formatPlan } from '@swm/core/plan';
import { DEPTH, openTfjs, openTorch } from '../packages/swm-core/bench/builtin-model.mjs';

const TOLERANCE = 1e-4;
const TARGET = { targetLayers: 24 };
const RULES = ['sum-of-differences', 'mean', 'keep-low', 'keep-top'];
const REQUESTS = [
  ...[0.9, 0.8, 0.7, 0.6].map((threshold) => ({ name: 'swm', profile: 'released', threshold })),
  ...RULES.map((rule) => ({ name: 'swm', rule, threshold: 0.8 })),
  { name: 'laco', threshold: 0.8 },
  { name: 'short-gpt', ...TARGET },
  { name: 'uidl', ...TARGET },
  { name: 'shortened-ppl', ...TARGET },
  { name: 'sleb', ...TARGET },
];

/** One search in a new session, so that it begins with an empty cache; loading the weights is not timed. */
async function search(open, request) {
  const session = await open();
  const candidates = [];
  const started = performance.now();
  const { plan, cursor } = await runSearch({
    method: createMethod(readMethodRequest(request)),
    depth: DEPTH,
    open: async () => session,
    onCandidate: async (candidate) => void candidates.push(candidate),
  });
  const seconds = (performance.now() - started) / 1000;
  await session.close();
  return { plan: formatPlan(plan), layerForwards: cursor.layerForwards, candidates, seconds, info: session.info };
}

/** Perplexities are compared by ratio, cosines as they are. */
const distance = (a, b) =>
  a.quantity === 'perplexity' ? Math.abs(a.similarity / b.similarity - 1) : Math.abs(a.similarity - b.similarity);

/** How close the decision was that parted two searches: the last candidate they share, and its threshold. */
function parting(request, candidates, shared) {
  const last = candidates[shared - 1];
  if (request.threshold === undefined || !last) return Number.POSITIVE_INFINITY;
  return Math.abs(last.similarity - request.threshold);
}

/** Whether both engines agree about a method, told to the reader. */
function compare(request, tfjs, torch) {
  const title = Object.entries(request).map(([key, value]) => (key === 'name' ? value : `${key} ${value}`));
  console.log(`${title.join(', ')}: ${tfjs.plan}`);
  const isEqual = tfjs.plan === torch.plan && tfjs.layerForwards === torch.layerForwards;
  console.log(`  torch ${isEqual ? 'finds the same plan at the same cost' : `finds ${torch.plan}`}`);
  const parted = tfjs.candidates.findIndex(({ plan }, index) => plan !== torch.candidates[index]?.plan);
  const compared = parted === -1 ? tfjs.candidates : tfjs.candidates.slice(0, parted);
  const largest = Math.max(0, ...compared.map((candidate, index) => distance(candidate, torch.candidates[index])));
  if (compared.length > 0)
    console.log(`  ${compared.length} candidates, largest difference ${largest.toExponential(1)}`);
  console.log(
    `  ${tfjs.layerForwards} and ${torch.layerForwards} layer-forwards; tfjs ${tfjs.seconds.toFixed(2)} s, torch ${torch.seconds.toFixed(2)} s, ratio ${(tfjs.seconds / torch.seconds).toFixed(2)}`,
  );
  if (isEqual) return largest <= TOLERANCE;
  const close = parting(request, tfjs.candidates, parted);
  console.log(`  the decision that differs lies ${close.toExponential(1)} from its threshold`);
  return largest <= TOLERANCE && close <= TOLERANCE;
}

const [first, second] = [await openTfjs(), await openTorch()];
for (const { info } of [first, second])
  console.log(`${info.package}, backend ${info.backend} on ${info.device}, ${info.dtype}`);
const [a, b] = [await first.layerStatistics(), await second.layerStatistics()];
const farthest = (x, y) => Math.max(...x.flat().map((value, index) => Math.abs(value - y.flat()[index])));
console.log(
  `one dense pass: block influence within ${farthest(a.blockInfluence, b.blockInfluence).toExponential(1)}, angular distances within ${farthest(a.angularDistance, b.angularDistance).toExponential(1)}`,
);
await Promise.all([first.close(), second.close()]);

const disagreeing = [];
for (const request of REQUESTS)
  if (!compare(request, await search(openTfjs, request), await search(openTorch, request))) disagreeing.push(request);
console.log(
  'shortenedTaylor needs gradients, which torch alone has; shortenedMagnitude, lastN, random, manual and dense ask no engine',
);
console.log(disagreeing.length === 0 ? 'both engines agree' : `the engines disagree: ${JSON.stringify(disagreeing)}`);
process.exit(disagreeing.length === 0 ? 0 : 1);
