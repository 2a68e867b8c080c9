// Types, lint, format, import rules, unit tests, schema diff: under two minutes. Usage: npm run check
import { join } from 'node:path';
import { run } from './command.mjs';
import { ROOT } from './paths.mjs';

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);
const steps = [
  ['lockfile', process.execPath, ['tools/lock-check.mjs', 'package-lock.json']],
  ['format and lint', bin('biome'), ['check', '.']],
  ['build', bin('turbo'), ['run', 'build', '--output-logs=errors-only']],
  ['typed documents', 'npm', ['run', 'generate', '-w', '@swm/client', '--silent']],
  ['types', bin('turbo'), ['run', 'typecheck', '--output-logs=errors-only']],
  ['types of the tests', bin('tsc'), ['-p', 'test/tsconfig.json', '--noEmit']],
  ['import rules', bin('depcruise'), ['--config', 'import-rules.cjs', '--output-type', 'err-long', 'apps', 'packages']],
  [
    'committed schema and documents',
    'git',
    ['diff', '--exit-code', '--stat', '--', 'apps/server/schema.graphql', 'packages/client/src/generated'],
  ],
  ['unit tests', bin('vitest'), ['run', '--reporter=dot']],
];
for (const [name, file, args] of steps) {
  console.log(`\n— ${name}`);
  const started = performance.now();
  const { code } = await run(file, args, {
    cwd: ROOT,
    env: { TURBO_TELEMETRY_DISABLED: '1', NEXT_TELEMETRY_DISABLED: '1' },
  });
  if (code !== 0) {
    console.error(`check: "${name}" failed`);
    process.exit(1);
  }
  console.log(`  ok, ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
