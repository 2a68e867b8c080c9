// Scores the dense built-in model and random-weight models of its shape on the built-in suite.
// Usage: npm run verify -- mini-suite      (needs npm run setup; the model is converted when missing)
// Passes when dense is at least 10 points above chance on 4 tasks, and each random model within 2 standard errors of chance on 6.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertBuiltin, createProtocol, evaluate, locateTaskFiles, TASKS } from '../packages/eval/dist/index.js';
import { run } from './command.mjs';
import { PYTHON, SWM_HOME } from './paths.mjs';

const SEEDS = [1, 2, 3];
const RANDOM_WEIGHTS = `import sys, torch, transformers
torch.manual_seed(int(sys.argv[3]))
config = transformers.AutoConfig.from_pretrained(sys.argv[1])
transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(sys.argv[2])`;

const folder = join(SWM_HOME, 'models', 'smollm2-135m');
const work = mkdtempSync(join(tmpdir(), 'mini-suite-'));
await convertBuiltin({ python: PYTHON, folder, runId: 'verify-mini' });
const { files, sha256 } = await locateTaskFiles('BUILTIN', undefined);
const protocol = createProtocol({ name: 'MINI', data: 'BUILTIN', limit: null, dataSha256: sha256 });

/** The headline figure of each task, in the order of TASKS. */
async function score(modelFolder) {
  const options = {
    python: PYTHON,
    modelFolder,
    protocol,
    taskFiles: files,
    runFolder: join(work, 'run'),
    runId: 'verify-mini',
    device: 'cpu',
    threads: 2,
  };
  const { scores } = await evaluate(options);
  return TASKS.map((task) => scores.find(({ task: name, metric }) => name === task.name && metric === task.headline));
}

async function scoreRandom(seed) {
  const random = join(work, `random-${seed}`);
  cpSync(folder, random, { recursive: true, filter: (path) => !path.endsWith('.safetensors') });
  const { code, output } = await run(PYTHON, ['-c', RANDOM_WEIGHTS, folder, random, String(seed)], { quiet: true });
  if (code !== 0) throw new Error(output);
  const scores = await score(random);
  rmSync(random, { recursive: true });
  return scores;
}

try {
  const dense = await score(folder);
  const random = [];
  for (const seed of SEEDS) random.push(await scoreRandom(seed));
  console.table(
    Object.fromEntries(
      TASKS.map(({ title, chance }, index) => [
        title,
        {
          n: dense[index].n,
          chance,
          dense: dense[index].value.toFixed(3),
          ...Object.fromEntries(SEEDS.map((seed, at) => [`random ${seed}`, random[at][index].value.toFixed(3)])),
        },
      ]),
    ),
  );
  const above = dense.filter(({ value }, index) => value >= TASKS[index].chance + 0.1).length;
  const near = random.map(
    (scores) =>
      scores.filter(({ value, n }, index) => {
        const { chance } = TASKS[index];
        return Math.abs(value - chance) <= 2 * Math.sqrt((chance * (1 - chance)) / n);
      }).length,
  );
  console.log(
    `dense: at least 10 points above chance on ${above} of 7; random: within 2 standard errors on ${near.join(', ')} of 7`,
  );
  process.exitCode = above >= 4 && near.every((count) => count >= 6) ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
