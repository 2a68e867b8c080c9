import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { markedProcesses, processesOf } from './process-tree.js';
import { openProcess, reapOrphans, runProcess } from './run.js';
import { WATCHDOG_SCRIPT } from './watchdog.js';

const shell = (script: string, runId: string, extra: Partial<Parameters<typeof runProcess>[0]> = {}) =>
  runProcess({ file: '/bin/sh', args: ['-c', script], cwd: '/', env: {}, runId, ...extra });

/** Waits, at most 10 s, until `isTrue`. */
async function until(isTrue: () => boolean) {
  const deadline = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('it did not happen within 10 s');
    await sleep(20);
  }
}

/** Process ids whose command line is exactly this. */
const running = (commandLine: string): string[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^ *(\d+) (.*)$/.exec(line))
    .flatMap((match) => (match?.[1] && match[2] === commandLine ? [match[1]] : []));

describe('runProcess', () => {
  it('gives exit code, lines of both streams, and carriage returns as lines', async () => {
    const lines: string[] = [];
    const result = await shell('printf "a\\rb\\n"; echo c >&2; printf d; exit 3', 'test-lines', {
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    });
    expect(result).toMatchObject({ exitCode: 3, signal: null, cancelled: false, timedOut: false });
    expect(lines.toSorted()).toEqual(['stderr c', 'stdout a', 'stdout b', 'stdout d']);
  });

  it('loses nothing of a long output that ends with the process', async () => {
    let count = 0;
    await shell('seq 1 200000', 'test-long', { onLine: () => (count += 1) });
    expect(count).toBe(200_000);
  });

  it('keeps the last 50 lines without progress bars', async () => {
    const bar = "printf ' 50%%|####| 1/2 [00:01<00:01, 1it/s]\\n' >&2";
    const { lastLines } = await shell(`seq 1 60; ${bar}; sleep 0.1; echo end`, 'test-last');
    expect(lastLines).toHaveLength(50);
    expect(lastLines.at(0)).toBe('12');
    expect(lastLines.at(-1)).toBe('end');
  });

  it('hands on nothing but what is allowed', async () => {
    process.env.SWM_TEST_SECRET = 'x';
    const lines: string[] = [];
    await shell('env', 'test-env', { env: { ALLOWED: '1' }, onLine: (line) => lines.push(line) });
    delete process.env.SWM_TEST_SECRET;
    const names = lines.map((line) => line.split('=')[0]);
    expect(lines).toContain('ALLOWED=1');
    expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'SWM_RUN_ID']));
    const allowed = ['ALLOWED', 'PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES', 'SWM_RUN_ID'];
    // PWD, OLDPWD, SHLVL and _ are the shell's own.
    expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_', ...allowed].includes(name ?? ''))).toEqual([]);
  });

  it('gives arguments on as they are, without a shell', async () => {
    const lines: string[] = [];
    const args = ['%s\\n', '$(id) ; `id` "quoted" * --help'];
    await runProcess({
      ...{ file: 'printf', args, cwd: '/', env: {}, runId: 'test-args' },
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual([args[1]]);
  });

  it('ends the whole tree on abort, also what called setsid and what ignores SIGTERM', async () => {
    const controller = new AbortController();
    const run = shell('setsid sleep 300 & (trap "" TERM; sleep 301) & sleep 302', 'test-tree', {
      signal: controller.signal,
    });
    await until(() => processesOf('test-tree').length >= 4);
    const started = performance.now();
    controller.abort();
    expect(await run).toMatchObject({ cancelled: true, timedOut: false });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(processesOf('test-tree')).toEqual([]);
  });

  it('ends a process that cleared its environment, left the session and ignores SIGTERM', async () => {
    const controller = new AbortController();
    const hidden = `env -i setsid sh -c 'trap "" TERM; while :; do sleep 305; done'`;
    const run = shell(`${hidden} & sleep 306`, 'test-hidden', { signal: controller.signal });
    await until(() => running('sleep 305').length === 1);
    controller.abort();
    await run;
    expect(running('sleep 305')).toEqual([]);
  });

  it('ends on timeout', async () => {
    const result = await shell('sleep 300', 'test-timeout', { timeoutMs: 100 });
    expect(result).toMatchObject({ timedOut: true, cancelled: false, exitCode: null, signal: 'SIGTERM' });
  });

  it.each(['setsid sleep 303 &', 'setsid sleep 303 >/dev/null 2>&1 &'])(
    'leaves no child of a child behind after a normal end, and does not wait for it: %s',
    async (script) => {
      const started = performance.now();
      expect(await shell(`${script} sleep 0.2`, 'test-leftover')).toMatchObject({ exitCode: 0 });
      expect(performance.now() - started).toBeLessThan(6_000);
      expect(processesOf('test-leftover')).toEqual([]);
    },
  );

  it('leaves another run of the same id alone', async () => {
    const first = new AbortController();
    const both = [shell('sleep 307', 'test-same', { signal: first.signal }), shell('sleep 1', 'test-same')] as const;
    expect(await both[1]).toMatchObject({ exitCode: 0 });
    expect(running('sleep 307')).toHaveLength(1);
    first.abort();
    expect(await both[0]).toMatchObject({ cancelled: true });
  });

  it('ends the run and throws what the listener threw', async () => {
    const run = shell('echo a; sleep 308', 'test-listener', {
      onLine: () => {
        throw new Error('disk full');
      },
    });
    await expect(run).rejects.toThrow('disk full');
    expect(processesOf('test-listener')).toEqual([]);
  });

  it.each(['/nowhere/python', 'no-such-program-at-all'])('says when the program is missing: %s', async (file) => {
    const missing = runProcess({ file, args: [], cwd: '/', env: {}, runId: 'test-missing' });
    await expect(missing).rejects.toMatchObject({ code: 'PROCESS.NOT_FOUND' });
  });

  it('tells a missing folder from a missing program', async () => {
    await expect(shell('true', 'test-folder', { cwd: '/nowhere' })).rejects.toMatchObject({
      code: 'PROCESS.START_FAILED',
    });
  });

  it('does not start after an abort', async () => {
    const reason = new Error('asked to stop');
    await expect(shell('true', 'test-aborted', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('openProcess', () => {
  const open = (script: string, runId: string, extra: Partial<Parameters<typeof openProcess>[0]> = {}) =>
    openProcess({ file: '/bin/sh', args: ['-c', script], cwd: '/', env: {}, runId, ...extra });
  const ECHO = 'while read -r line; do echo "<$line>"; done';

  it('answers line by line, from the first, long lines whole, and ends with its input', async () => {
    const log: string[] = [];
    const script = `echo hello; echo note >&2; head -c 300000 /dev/zero | tr '\\0' x; echo; ${ECHO}`;
    const program = await open(script, 'test-lines-open', { onLine: (line) => log.push(line) });
    await until(() => log.length === 1); // what came before anybody listened is not lost
    const heard: string[] = [];
    program.onLine((line) => heard.push(line));
    program.send('a b');
    await until(() => heard.length === 3);
    expect([heard[0], heard[1]?.length, heard[2]]).toEqual(['hello', 300_000, '<a b>']);
    await program.close();
    expect(await program.done).toMatchObject({ exitCode: 0, cancelled: false, lastLines: ['note'] });
    program.send('too late');
    expect(processesOf('test-lines-open')).toEqual([]);
  });

  it('on close ends the tree of a program that does not care for its input', async () => {
    const program = await open('setsid sleep 311 & sleep 312', 'test-deaf');
    await until(() => processesOf('test-deaf').length >= 3);
    await program.close();
    expect(await program.done).toMatchObject({ cancelled: true });
    expect(processesOf('test-deaf')).toEqual([]);
  });

  it('ends on abort, blots secrets, and says how a program died', async () => {
    const controller = new AbortController();
    const program = await open(ECHO, 'test-open-abort', { signal: controller.signal });
    const heard: string[] = [];
    program.onLine((line) => heard.push(line));
    program.send('password: hunter2');
    await until(() => heard.length === 1);
    expect(heard).toEqual(['<password: …']);
    controller.abort();
    expect(await program.done).toMatchObject({ cancelled: true });
    const dying = await open('kill -9 $$', 'test-open-kill');
    expect(await dying.done).toMatchObject({ signal: 'SIGKILL', exitCode: null, cancelled: false });
    await expect(open('true', 'x', { cwd: '/no-such-folder' })).rejects.toMatchObject({ code: 'PROCESS.START_FAILED' });
  });
});

describe('after a death of ours', () => {
  it('reaps what carries a dead worker’s marker', async () => {
    const controller = new AbortController();
    const run = shell('env -i sleep 304 & sleep 304', 'test-reap-1', { signal: controller.signal });
    await until(() => running('sleep 304').length === 2);
    expect(await reapOrphans('test-reap')).toBeGreaterThanOrEqual(3);
    await run;
    expect(markedProcesses('test-reap')).toEqual([]);
    expect(running('sleep 304')).toEqual([]);
  });

  // The watchdog by itself, as on systems without setpriv: it holds a pipe whose other end dies.
  it('has a watchdog that ends a run whose owner was killed', async () => {
    const env = { PATH: process.env.PATH ?? '', SWM_RUN_ID: 'test-watchdog#1' };
    const orphan = spawn('/bin/sh', ['-c', 'setsid sleep 309 & sleep 310'], { env, detached: true, stdio: 'ignore' });
    await until(() => processesOf('test-watchdog').length === 3);
    const start = (args: readonly string[]) =>
      spawn('/bin/sh', ['-c', WATCHDOG_SCRIPT, 'sh', ...args], { stdio: ['pipe', 'ignore', 'ignore'] });
    const told = start(['test-watchdog#1', String(orphan.pid)]);
    told.stdin.end('done\n');
    await until(() => told.exitCode === 0);
    expect(processesOf('test-watchdog')).toHaveLength(3);
    start(['test-watchdog#1', String(orphan.pid)]).stdin.destroy();
    await until(() => processesOf('test-watchdog').length === 0);
  });
});
