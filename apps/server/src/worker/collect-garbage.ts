import { lstat, opendir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PrismaClient } from '../db/generated/client.js';
import { isLeftover, TEMPORARY_PREFIX } from './checkpoint-files.js';
import { hideFolder, lockFolder } from './retire-checkpoint.js';

/** Something under SWM_HOME that nobody needs any more. */
export interface Garbage {
  /** Relative to SWM_HOME. */
  readonly path: string;
  readonly reason: string;
  readonly sizeBytes: number;
}

/** A failed experiment's log explains the failure; after this many days it is garbage. */
const KEEP_FAILED_DAYS = 7;
const DAY_MS = 24 * 3600 * 1000;
const IS_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface Options {
  readonly db: PrismaClient;
  readonly swmHome: string;
  /** Only says what would be removed. */
  readonly isDryRun: boolean;
  readonly now: Date;
}

/**
 * Removes what is left over under SWM_HOME: temporary folders of dead processes, folders of experiments that were cancelled,
 * failed long ago or are unknown, and checkpoints that no row names. Nothing that an experiment uses or may use is touched:
 * a checkpoint's folder goes only under the lock that an export takes before it closes. Returns what it removed.
 */
export async function collectGarbage(options: Options): Promise<readonly Garbage[]> {
  const found = [
    ...(await leftovers(options)),
    ...(await deadExperiments(options)),
    ...(await orphanCheckpoints(options)),
  ];
  return found.sort((a, b) => b.sizeBytes - a.sizeBytes);
}

/** Temporary folders whose process is gone. */
async function leftovers({ swmHome, isDryRun }: Options): Promise<Garbage[]> {
  const found: Garbage[] = [];
  for (const name of (await namesIn(join(swmHome, 'checkpoints'))).filter(isLeftover)) {
    const path = join('checkpoints', name);
    found.push({ path, reason: 'left by a process that is gone', sizeBytes: await sizeOf(join(swmHome, path)) });
    if (!isDryRun) await rm(join(swmHome, path), { recursive: true, force: true });
  }
  return found;
}

async function deadExperiments({ db, swmHome, isDryRun, now }: Options): Promise<Garbage[]> {
  const names = (await namesIn(join(swmHome, 'experiments'))).filter((name) => IS_ID.test(name));
  const found: Garbage[] = [];
  for (const id of names) {
    // Read one by one and late: an experiment that was just launched has its row before it has a folder.
    const row = await db.experiment.findUnique({ where: { id }, select: { state: true, finishedAt: true } });
    const reason = whyDead(row, now);
    if (reason === null) continue;
    const path = join('experiments', id);
    found.push({ path, reason, sizeBytes: await sizeOf(join(swmHome, path)) });
    if (!isDryRun) await rm(join(swmHome, path), { recursive: true, force: true });
  }
  return found;
}

function whyDead(row: { readonly state: string; readonly finishedAt: Date | null } | null, now: Date): string | null {
  if (row === null) return 'no such experiment';
  if (row.state === 'CANCELLED') return 'its experiment was cancelled';
  const isOld = row.finishedAt !== null && now.getTime() - row.finishedAt.getTime() > KEEP_FAILED_DAYS * DAY_MS;
  return row.state === 'FAILED' && isOld ? `its experiment failed more than ${KEEP_FAILED_DAYS} days ago` : null;
}

async function orphanCheckpoints({ db, swmHome, isDryRun }: Options): Promise<Garbage[]> {
  const parent = join(swmHome, 'checkpoints');
  const found: Garbage[] = [];
  for (const name of (await namesIn(parent)).filter((entry) => !entry.startsWith(TEMPORARY_PREFIX))) {
    const folder = join(parent, name);
    const sizeBytes = await sizeOf(folder);
    const { isOrphan, hidden } = await db.$transaction(async (tx) => {
      await lockFolder(tx, folder);
      // A model may have been registered out of a checkpoint; and an export that runs may find its work done there.
      const users = await Promise.all([
        tx.checkpoint.count({ where: { folder } }),
        tx.model.count({ where: { OR: [{ folder }, { source: folder }] } }),
        tx.stage.count({ where: { name: 'export-checkpoint', state: 'RUNNING', experiment: { state: 'RUNNING' } } }),
      ]);
      const isFree = users.every((count) => count === 0);
      return { isOrphan: isFree, hidden: isFree && !isDryRun ? await hideFolder(folder) : null };
    });
    if (!isOrphan) continue;
    found.push({
      path: join('checkpoints', basename(folder)),
      reason: 'no checkpoint of that folder is known',
      sizeBytes,
    });
    if (hidden !== null) await rm(hidden, { recursive: true, force: true });
  }
  return found;
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []); // No folder yet: nothing in it.

/** Bytes of the files in a folder, links not followed. */
async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path);
  if (!found.isDirectory()) return found.size;
  let sum = 0;
  for await (const entry of await opendir(path)) sum += await sizeOf(join(path, entry.name));
  return sum;
}
