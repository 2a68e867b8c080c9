// Runs a long verification and writes what it printed to docs/verify/NAME.md, with commit, date and command.
// Usage: npm run verify -- NAME      (without a name: the list)
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { run } from './command.mjs';
import { ROOT } from './paths.mjs';

/** Name → what it shows, and the command a person would type. */
const VERIFICATIONS = {
  demo: { shows: 'The demonstration from launch to leaderboard', command: 'npm run demo -- --exit' },
  'demo-all': {
    shows: 'Every method at the depth Sliding-Window Merging chose',
    command: 'npm run demo -- --exit --all',
  },
  'method-parity': {
    shows: 'Every method on SmolLM2-135M against independent PyTorch programs (B3)',
    command: 'node tools/verify-method-parity.mjs',
  },
  'engine-parity': {
    shows: 'Every method on SmolLM2-135M on tfjs and on torch: plans, numbers, times (B8)',
    command: 'node tools/verify-engine-parity.mjs',
  },
  'export-speed': {
    shows: 'Export of 2 GB of sharded weights beside cp + sync',
    command: 'npm run bench -- export',
  },
  perplexity: {
    shows: 'The paper’s perplexity on all of WikiText-2 (SWM_TASK_DATA) against a Llama written out in PyTorch (C4)',
    command: 'node tools/verify-perplexity.mjs',
  },
  'prefix-cache': {
    shows: 'Prefix-cached search beside full forwards on the same engine',
    command: 'npm run bench -- prefix-cache',
  },
  'search-speed': {
    shows: 'The published script and our search on each engine, in turn',
    command: 'npm run bench -- search',
  },
  'what-if': {
    shows: 'measurePlan on SmolLM2-135M over GraphQL: twenty plans by a warm worker (B11)',
    command: 'node tools/verify-what-if.mjs',
  },
  'hostile-models': {
    shows: '20,000 mutated safetensors headers and 500 hostile model folders (F4)',
    command:
      'NO_COLOR=1 SWM_HOSTILE=whole npx vitest run --config test/vitest.config.ts --reporter=verbose test/faults/hostile',
  },
  'mini-suite': {
    shows: 'Dense and random-weight scores on the built-in suite (A9)',
    command: 'node tools/verify-mini-suite.mjs',
  },
};

const name = process.argv[2];
const chosen = VERIFICATIONS[name];
if (!chosen) {
  for (const [key, { shows, command }] of Object.entries(VERIFICATIONS))
    console.log(`${key.padEnd(16)} ${shows}\n${' '.repeat(17)}${command}`);
  process.exit(name ? 1 : 0);
}
const started = performance.now();
const [commit, changes] = await Promise.all([
  run('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, quiet: true }),
  run('git', ['status', '--porcelain'], { cwd: ROOT, quiet: true }),
]);
const { code, output } = await run('sh', ['-c', `${chosen.command} 2>&1`], { cwd: ROOT, quiet: true });
const seconds = ((performance.now() - started) / 1000).toFixed(0);
// No path of this machine leaves it.
const text = output.replaceAll(ROOT, '.').trimEnd();
console.log(text);
mkdirSync(join(ROOT, 'docs', 'verify'), { recursive: true });
writeFileSync(
  join(ROOT, 'docs', 'verify', `${name}.md`),
  `# ${chosen.shows}\n\n- command: \`${chosen.command}\`\n- date: ${new Date().toISOString().slice(0, 10)}\n- commit: ${commit.output.trim()}${changes.output.trim() ? ' (with uncommitted changes)' : ''}\n- machine: ${cpus().length} processors (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}\n- exit code ${code}, ${seconds} s\n\n\`\`\`\n${text}\n\`\`\`\n`,
);
process.exit(code);
