import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lockUntilCommit } from '../db/advisory-lock.js';
import type { Prisma, PrismaClient } from '../db/generated/client.js';
import { TEMPORARY_PREFIX } from './checkpoint-files.js';

type Transaction = Prisma.TransactionClient;

/**
 * Taken by whoever gives a checkpoint's folder a row, and by whoever takes a folder away: an export that is about to close
 * and a clean-up cannot both believe that the folder is theirs.
 */
export const lockFolder = (tx: Transaction, folder: string): Promise<void> => lockUntilCommit(tx, `folder ${folder}`);

/**
 * Moves a folder out of sight in one step and returns where it is, to be deleted after the transaction; null where it is gone
 * already. What is deleted half is never a checkpoint; a crash in between leaves what the next sweep removes.
 */
export async function hideFolder(folder: string): Promise<string | null> {
  const hidden = join(dirname(folder), `${TEMPORARY_PREFIX}${process.pid}-${randomUUID()}`);
  return rename(folder, hidden).then(
    () => hidden,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
}

/**
 * Takes the folders of a finished experiment's checkpoint off the disk, its row stays: the same plan exports the same bytes
 * again. Returns the hidden folder; null where there is nothing to take: the model itself, or a checkpoint that another
 * experiment which is not over may use.
 */
export function discardCheckpoint(db: PrismaClient, experimentId: string): Promise<string | null> {
  return db.$transaction(async (tx) => {
    const { checkpoint, model } = await tx.experiment.findUniqueOrThrow({
      where: { id: experimentId },
      include: { checkpoint: true, model: true },
    });
    if (!checkpoint || checkpoint.folder === model.folder) return null;
    const { folder } = checkpoint;
    await lockFolder(tx, folder);
    const isInUse = await tx.experiment.count({
      where: { checkpoint: { folder }, state: { in: ['QUEUED', 'RUNNING'] } },
    });
    if (isInUse > 0) return null;
    const hidden = await hideFolder(folder);
    if (hidden !== null) await tx.checkpoint.updateMany({ where: { folder }, data: { discardedAt: new Date() } });
    return hidden;
  });
}
