// All tests: set-up, unit, import rules, integration on a real PostgreSQL, the real lm-eval, a real Chromium.
// Usage: npm test [-- PATTERN]      ends with one line "N passed, N failed, N skipped"
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { lastLines, run } from './command.mjs';
import { CHROMIUM, PYTHON, ROOT, SWM_HOME } from './paths.mjs';
import { setup } from './setup.mjs';

const OUTPUT = join(ROOT, 'test', 'output');
const bin = (name) => join(ROOT, 'node_modules', '.bin', name);

/** Debian's Chromium, installed when it is missing and we may. */
async function ensureChromium() {
  if (CHROMIUM) return CHROMIUM;
  console.log('chromium: installing Debian’s package …');
  const { code, output } = await run(
    'sh',
    ['-c', 'apt-get update -q && apt-get install -y -q --no-install-recommends chromium'],
    { quiet: true, env: { DEBIAN_FRONTEND: 'noninteractive' } },
  );
  if (code !== 0)
    throw new Error(
      `The browser tests need Chromium and it could not be installed:\n${lastLines(output)}\nInstall it by hand (Debian: apt install chromium) or set CHROMIUM.`,
    );
  return '/usr/bin/chromium';
}

/** Runs one vitest configuration and returns its counts and the full names of skipped tests. */
async function vitest(name, args, env) {
  const file = join(OUTPUT, `${name}.json`);
  console.log(`\n— ${name} tests`);
  const { code } = await run(
    bin('vitest'),
    ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { cwd: ROOT, env },
  );
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
  const tests = report.testResults.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, path: relative(ROOT, path) })),
  );
  const failed = tests.filter(({ status }) => status === 'failed').length;
  // A file that fails to load has no assertions; vitest's exit code still tells.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failed + brokenFiles || (code === 0 ? 0 : 1),
    skipped: tests
      .filter(({ status }) => status === 'pending' || status === 'skipped' || status === 'todo')
      .map(({ path, fullName }) => `${path}: ${fullName}`),
  };
}

/** Skipped tests that test/skips.json does not list with a reason count as failures. */
function unexplained(skipped) {
  const reasons = JSON.parse(readFileSync(join(ROOT, 'test', 'skips.json'), 'utf8'));
  const missing = skipped.filter((name) => !reasons[name]);
  for (const name of missing) console.error(`skipped without a reason in test/skips.json: ${name}`);
  for (const name of skipped.filter((text) => reasons[text])) console.log(`skipped: ${name} (${reasons[name]})`);
  return missing.length;
}

/** A check that is not a vitest test counts as one. */
async function check(name, file, args) {
  console.log(`\n— ${name}`);
  const { code } = await run(file, args, { cwd: ROOT });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
}

rmSync(OUTPUT, { recursive: true, force: true });
mkdirSync(OUTPUT, { recursive: true });
const pattern = process.argv.slice(2);
let results;
try {
  await setup();
  const env = {
    CHROMIUM: await ensureChromium(),
    SWM_PYTHON: PYTHON,
    SWM_ENGINE_FOLDER: join(SWM_HOME, 'engine'),
    SWM_SETUP_HOME: SWM_HOME,
    NEXT_TELEMETRY_DISABLED: '1',
  };
  results = pattern.length
    ? [await vitest('chosen', ['--config', 'test/vitest.config.ts', ...pattern], env)]
    : [
        await check('lockfile', process.execPath, ['tools/lock-check.mjs', 'package-lock.json']),
        await check('format and lint', bin('biome'), ['check', '.']),
        await check('import rules', bin('depcruise'), [
          '--config',
          'import-rules.cjs',
          '--output-type',
          'err',
          'apps',
          'packages',
        ]),
        await check('types', bin('turbo'), ['run', 'typecheck', '--output-logs=errors-only']),
        await check('types of the tests', bin('tsc'), ['-p', 'test/tsconfig.json', '--noEmit']),
        await vitest('unit', [], env),
        await vitest('integration', ['--config', 'test/vitest.config.ts'], env),
      ];
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  results = [{ passed: 0, failed: 1, skipped: [] }];
}
const skipped = results.flatMap((result) => result.skipped);
const failed = results.reduce((sum, result) => sum + result.failed, 0) + unexplained(skipped);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
console.log(`\n${passed} passed, ${failed} failed${skipped.length ? `, ${skipped.length} skipped` : ''}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
