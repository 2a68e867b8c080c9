/**
 * Sliding-Window Merging on SmolLM2-135M: the published script's sequence in PyTorch, and ours on each engine, in turn, so that whatever
 * else the machine does falls on all of them.
 * Usage, after `npm run build` and `npm run setup`: npm run bench -- search [rounds=3] [thresholds=0.7,0.9] [engines=torch,tensorflow,wasm]
 * Prints each round and the median of the rounds' ratios (script : ours). Loading a model is timed nowhere.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMethod, runSearch } from '@swm/core/method';
import { formatPlan, outputDepth, parsePlan } from '@swm/core/plan';
import { PYTHON } from '../../../tools/paths.mjs';
import { DEPTH, MODEL_FOLDER, openTfjs, openTorch, tokenIds } from './builtin-model.mjs';

const [rounds = '3', thresholds = '0.7,0.9', engines = 'torch,tensorflow,wasm'] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'swm-bench-'));
const tokensFile = join(scratch, 'tokens.json');
writeFileSync(tokensFile, JSON.stringify(tokenIds));

/** The published script at one threshold. */
function byScript(threshold) {
  const script = join(import.meta.dirname, 'published_script.py');
  const output = execFileSync(PYTHON, [script, MODEL_FOLDER, tokensFile, String(threshold)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' },
  });
  return JSON.parse(output);
}

/** Our search at one threshold, in a session of its own. */
async function byEngine(name, threshold) {
  const session = await (name === 'torch' ? openTorch() : openTfjs(name));
  try {
    // One layer, so that no search pays for the first use of an operation.
    await session.measure(parsePlan(`0 !1-${DEPTH - 1}`), 'nll');
    const similarities = [];
    const began = performance.now();
    const { plan, cursor } = await runSearch({
      method: createMethod({ name: 'swm', profile: 'released', threshold }),
      depth: DEPTH,
      open: async () => session,
      onCandidate: async ({ similarity }) => void similarities.push(similarity),
    });
    const seconds = (performance.now() - began) / 1000;
    return { seconds, plan, similarities, layerForwards: cursor.layerForwards, info: session.info };
  } finally {
    await session.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
try {
  for (const threshold of thresholds.split(',').map(Number)) {
    console.log(`threshold ${threshold}`);
    const ratios = Object.fromEntries(engines.split(',').map((name) => [name, []]));
    for (let round = 1; round <= Number(rounds); round += 1) {
      const script = byScript(threshold);
      const all = script.similarities.length * DEPTH;
      console.log(
        `  round ${round}: script ${script.seconds.toFixed(1)} s, at most ${all} layer-forwards of the batch`,
      );
      for (const name of Object.keys(ratios)) {
        const ours = await byEngine(name, threshold);
        ratios[name].push(script.seconds / ours.seconds);
        const distance = Math.max(...ours.similarities.map((value, at) => Math.abs(value - script.similarities[at])));
        console.log(
          `    ${name.padEnd(10)} ${ours.seconds.toFixed(1)} s, ratio ${ratios[name].at(-1).toFixed(1)}; ${ours.layerForwards} layer-forwards; ${outputDepth(ours.plan)} layers (script ${script.layers}), similarities within ${distance.toExponential(0)}`,
        );
        if (round === 1)
          console.log(
            `    ${' '.repeat(10)} ${ours.info.package}, ${ours.info.backend} on ${ours.info.device}; ${formatPlan(ours.plan)}`,
          );
      }
    }
    for (const [name, found] of Object.entries(ratios))
      console.log(`  ${name}: median of ${found.length} ratios ${median(found).toFixed(2)}`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
