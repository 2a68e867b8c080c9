import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { markedProcesses } from '@swm/eval';
import { describe, expect, it } from 'vitest';

// The owner of a run is a process of its own here, because it dies.
const EVAL = pathToFileURL(join(resolve(import.meta.dirname, '../..'), 'packages/eval/dist/index.js')).href;

/** A process that runs a shell script by runProcess; `after` is what it does half a second later. */
function startOwner(runId: string, script: string, after = ''): ChildProcess {
  const run = { file: '/bin/sh', args: ['-c', script], cwd: '/', env: {}, runId };
  const code = `const { runProcess } = await import(${JSON.stringify(EVAL)});
    runProcess(${JSON.stringify(run)}); ${after && `setTimeout(() => { ${after} }, 500);`}`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
}

async function until(what: string, isTrue: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs / 1000} s`);
    await sleep(25);
  }
}

/** The watchdogs of a run: shells that name its marker and do not carry it. */
const watchdogs = (runId: string): string[] =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`${runId}#`));

describe('when the owner of a run dies', () => {
  // I-12. The kernel's parent-death signal covers the direct child only; a grandchild in another session needs the watchdog.
  it('by SIGKILL, nothing of the run is left 5 s later, not even what called setsid', async () => {
    const owner = startOwner('death-kill', 'setsid sleep 401 & setsid sh -c "trap \\"\\" TERM; sleep 402" & sleep 403');
    await until('the start of the run', () => markedProcesses('death-kill').length >= 5);
    owner.kill('SIGKILL');
    await until('the end of the run', () => markedProcesses('death-kill').length === 0, 5_000);
    await until('the end of its watchdog', () => watchdogs('death-kill').length === 0);
    expect(execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })).not.toMatch(/^sleep 40[123]$/m);
  });

  it('by process.exit, the run ends at once', async () => {
    const owner = startOwner('death-exit', 'setsid sleep 404 & sleep 405', 'process.exit(3)');
    await until('the start of the run', () => markedProcesses('death-exit').length >= 3);
    await until('the exit', () => owner.exitCode === 3);
    await until('the end of the run', () => markedProcesses('death-exit').length === 0, 1_000);
  });
});

describe('when a run is over', () => {
  it('its watchdog is, too', async () => {
    const owner = startOwner('death-none', 'sleep 1');
    await until('the start of the run', () => watchdogs('death-none').length === 1);
    await until('the end of the owner', () => owner.exitCode === 0);
    await until('the end of the watchdog', () => watchdogs('death-none').length === 0, 1_000);
  });
});
