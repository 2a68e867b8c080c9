import { mkdir, statfs } from 'node:fs/promises';
import { CodedError } from '@swm/core/errors';
import { lockUntilCommit } from '../db/advisory-lock.js';
import type { Prisma } from '../db/generated/client.js';
import { noSpace } from './free-space.js';

/** What an experiment asks of the disk. */
export interface DiskRequest {
  readonly experimentId: string;
  readonly teamId: string;
  /** Where its checkpoint will lie. */
  readonly folder: string;
  readonly neededBytes: number;
  /** Bytes of checkpoints each team may have; null for no limit. */
  readonly teamQuotaBytes: number | null;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** `STORAGE.QUOTA_EXCEEDED`: the team's checkpoints leave no room for this one. */
const quotaExceeded = (neededBytes: number, usedBytes: number, quotaBytes: number): CodedError =>
  new CodedError({
    code: 'STORAGE.QUOTA_EXCEEDED',
    message: `The team’s checkpoints have ${gigabytes(usedBytes)} of the ${gigabytes(quotaBytes)} they may have; this experiment needs up to ${gigabytes(neededBytes)} more.`,
    fix: 'Set SWM_CHECKPOINTS=discard, or raise SWM_TEAM_QUOTA_GB.',
    details: { neededBytes, usedBytes, quotaBytes },
  });

/**
 * Promises disk to an experiment before anything heavy runs (I-22): of what is free, less what others that run were promised,
 * and within the team's quota. True when it is promised; false when others hold what it needs, so that it may wait for them. What
 * cannot fit at all is `STORAGE.NO_SPACE` or `STORAGE.QUOTA_EXCEEDED`. One at a time decides, whatever the number of workers.
 */
export async function reserveDisk(tx: Prisma.TransactionClient, request: DiskRequest): Promise<boolean> {
  const { experimentId, teamId, folder, neededBytes, teamQuotaBytes } = request;
  await mkdir(folder, { recursive: true });
  await lockUntilCommit(tx, 'disk');
  const { promisedBytes, promisedToTeamBytes } = await promisedToOthers(tx, experimentId, teamId);
  if (teamQuotaBytes !== null) {
    const usedBytes = await usedByTeam(tx, teamId);
    if (usedBytes + neededBytes > teamQuotaBytes) throw quotaExceeded(neededBytes, usedBytes, teamQuotaBytes);
    if (usedBytes + promisedToTeamBytes + neededBytes > teamQuotaBytes) return false;
  }
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) throw noSpace(neededBytes, freeBytes);
  if (freeBytes - promisedBytes < neededBytes) return false;
  await tx.experiment.update({ where: { id: experimentId }, data: { reservedBytes: BigInt(Math.ceil(neededBytes)) } });
  return true;
}

async function promisedToOthers(tx: Prisma.TransactionClient, experimentId: string, teamId: string) {
  const others = await tx.experiment.findMany({
    where: { id: { not: experimentId }, state: 'RUNNING', reservedBytes: { not: null } },
    select: { reservedBytes: true, teamId: true },
  });
  const sum = (rows: typeof others) =>
    rows.reduce((total, { reservedBytes }) => total + Number(reservedBytes ?? 0n), 0);
  return { promisedBytes: sum(others), promisedToTeamBytes: sum(others.filter((row) => row.teamId === teamId)) };
}

/** Bytes of a team's checkpoints that are on the disk, each folder once, the models themselves left out. */
async function usedByTeam(tx: Prisma.TransactionClient, teamId: string): Promise<number> {
  const rows = await tx.checkpoint.findMany({
    where: { model: { teamId }, discardedAt: null },
    select: { folder: true, sizeBytes: true, model: { select: { folder: true } } },
  });
  const sizes = new Map(
    rows.filter((row) => row.folder !== row.model.folder).map((row) => [row.folder, row.sizeBytes]),
  );
  return [...sizes.values()].reduce((total, sizeBytes) => total + Number(sizeBytes), 0);
}
