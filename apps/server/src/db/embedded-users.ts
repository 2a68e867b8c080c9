import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedFailed } from './db-errors.js';

const LOCK_TIMEOUT_MS = 120_000;

/** Whether a process lives (and may be another user's). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // kill throws nothing but system errors.
  }
}

/** Notes that this process uses the server of `folder`: one file a process, named by its number. */
export function enter(folder: string): void {
  mkdirSync(join(folder, 'users'), { recursive: true });
  writeFileSync(join(folder, 'users', String(process.pid)), '');
}

/** Forgets this process and those that died; true when nobody is left. */
export function leave(folder: string): boolean {
  rmSync(join(folder, 'users', String(process.pid)), { force: true });
  const others = readdirSync(join(folder, 'users'));
  for (const pid of others) if (!isAlive(Number(pid))) rmSync(join(folder, 'users', pid), { force: true });
  return readdirSync(join(folder, 'users')).length === 0;
}

/** One process at a time; the lock of a process that died is taken over. */
export async function withLock<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const file = join(folder, 'lock');
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  while (!tryLock(file)) {
    if (performance.now() > deadline)
      throw embeddedFailed('another process is starting or stopping it, and does not end');
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // fs throws nothing but system errors.
  }
  try {
    const holder = readFileSync(file, 'utf8');
    // Empty for the moment between creating and writing it.
    if (holder !== '' && !isAlive(Number(holder))) rmSync(file, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // Released in between: try again.
  }
  return false;
}
