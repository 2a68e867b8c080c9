// Every method on SmolLM2-135M against independent PyTorch programs written from the papers' recipes (test/golden/*_reference.py).
// Usage: npm run verify -- method-parity      (needs npm run build and npm run setup; about half an hour on two cores)
// Passes when the same layers go, every score agrees to 1e-3, and every merging search makes the same decisions.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layerMagnitudes, openModel } from '@swm/core/checkpoint';
import { createMethod, readMethodRequest, runSearch } from '@swm/core/method';
import { removedLayers } from '@swm/core/plan';
import { fileModelFolder } from '../apps/server/dist/worker/checkpoint-files.js';
import { DEPTH, MODEL_FOLDER, openTfjs, openTorch, tokenIds } from '../packages/swm-core/bench/builtin-model.mjs';
import { run } from './command.mjs';
import { ENGINE_FOLDER, PYTHON, ROOT, SWM_HOME } from './paths.mjs';

const REMOVED = 6;
const TOLERANCE = 1e-3;
const target = { targetLayers: DEPTH - REMOVED };

/** The scores of a method as its reference lists them, from our session, and who measured. */
const scorers = {
  SHORT_GPT: {
    request: { name: 'short-gpt', ...target },
    open: openTfjs,
    scores: async (session) => (await session.layerStatistics()).blockInfluence,
  },
  UIDL: {
    request: { name: 'uidl', ...target },
    open: openTfjs,
    scores: async (session) => {
      const { angularDistance } = await session.layerStatistics();
      return Array.from({ length: DEPTH - REMOVED + 1 }, (_, first) => angularDistance[first][first + REMOVED]);
    },
  },
  SHORTENED_PPL: { request: { name: 'shortened-ppl', ...target }, open: openTfjs },
  SHORTENED_TAYLOR: {
    request: { name: 'shortened-taylor', ...target },
    open: openTorch,
    scores: async (session) => (await session.blockGradients()).scores,
  },
  SHORTENED_MAGNITUDE: { request: { name: 'shortened-magnitude', ...target }, open: openTfjs, scores: magnitudes },
  SLEB: { request: { name: 'sleb', ...target }, open: openTfjs },
};

async function magnitudes() {
  const files = await fileModelFolder(MODEL_FOLDER);
  try {
    return await layerMagnitudes(await openModel(files), new AbortController().signal);
  } finally {
    await files.close();
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'swm-parity-'));
const tokensFile = join(scratch, 'tokens.json');
writeFileSync(tokensFile, JSON.stringify(tokenIds));
const reference = JSON.parse(
  execFileSync(PYTHON, [join(ROOT, 'test/golden/methods_reference.py'), MODEL_FOLDER, tokensFile, String(REMOVED)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' },
  }),
);
rmSync(scratch, { recursive: true });

const sorted = (values) => values.toSorted((a, b) => a - b);
let passed = true;
for (const [name, { request, open, scores }] of Object.entries(scorers)) {
  const session = await open();
  const measured = [];
  const { plan } = await runSearch({
    method: createMethod(readMethodRequest(request)),
    depth: DEPTH,
    open: async () => session,
    magnitudes,
    onCandidate: async ({ similarity }) => void measured.push(similarity),
  });
  // A search by perplexity goes through a round in another order than the reference.
  const ours = scores ? await scores(session) : sorted(measured);
  const theirs = scores ? reference[name].scores : sorted(reference[name].scores);
  await session.close();
  const distance = Math.max(...ours.map((value, index) => Math.abs(value / theirs[index] - 1)));
  const removed = removedLayers(plan);
  const isSame = JSON.stringify(removed) === JSON.stringify(reference[name].removed);
  console.log(
    `${name}: removes ${removed.join(' ')}; the reference ${isSame ? 'the same' : reference[name].removed.join(' ')}; ${ours.length} of ${theirs.length} scores, largest relative difference ${distance.toExponential(1)}`,
  );
  passed &&= isSame && ours.length === theirs.length && distance <= TOLERANCE;
}
const { code } = await run(
  'npx',
  ['vitest', 'run', '--config', 'test/vitest.config.ts', '--reporter', 'verbose', 'test/golden/merging-parity.test.ts'],
  {
    cwd: ROOT,
    env: {
      SWM_PARITY: 'all',
      SWM_PYTHON: PYTHON,
      SWM_ENGINE_FOLDER: ENGINE_FOLDER,
      SWM_SETUP_HOME: SWM_HOME,
      NO_COLOR: '1',
    },
  },
);
passed &&= code === 0;
console.log(passed ? 'every method agrees with its reference' : 'some methods disagree with their reference');
process.exit(passed ? 0 : 1);
