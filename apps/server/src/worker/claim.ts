import { Prisma, type PrismaClient } from '../db/generated/client.js';
import { Attempt, asJson, LEASE_SECONDS } from './attempt.js';
import { untilReachable } from './database-patience.js';

/** What is loaded of a claimed experiment. */
export type ClaimedExperiment = Prisma.ExperimentGetPayload<{ include: { model: true; stages: true } }>;

export type Claim =
  | { readonly kind: 'claimed'; readonly attempt: Attempt; readonly experiment: ClaimedExperiment }
  /** Finished, cancelled or deleted: nothing to do. */
  | { readonly kind: 'over' }
  /** Another worker holds the lease for so many seconds more. */
  | { readonly kind: 'held'; readonly seconds: number };

/**
 * Claims an experiment: raises `attempt` (the fencing token) and takes the lease, on the database's clock alone, in one
 * transaction with the event. Of any number of workers one succeeds (I-08); a live worker is never robbed (I-05).
 */
export async function claimExperiment(
  db: PrismaClient,
  input: { readonly experimentId: string; readonly workerId: string; readonly onLost: (error: unknown) => void },
): Promise<Claim> {
  const { experimentId, workerId, onLost } = input;
  const number = await untilReachable(() => takeLease(db, experimentId, workerId));
  if (number === null) return whyNot(db, experimentId);
  const experiment = await db.experiment.findUniqueOrThrow({
    where: { id: experimentId },
    include: { model: true, stages: { orderBy: { position: 'asc' } } },
  });
  return { kind: 'claimed', attempt: new Attempt(db, experimentId, number, workerId, onLost), experiment };
}

async function takeLease(db: PrismaClient, experimentId: string, workerId: string): Promise<number | null> {
  return db.$transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ attempt: number; seq: number }[]>`
      UPDATE experiment
      SET attempt = attempt + 1, worker_id = ${workerId}::uuid, state = 'RUNNING', event_seq = event_seq + 1,
          started_at = coalesce(started_at, now()), lease_expires_at = now() + make_interval(secs => ${LEASE_SECONDS})
      WHERE id = ${experimentId}::uuid AND state IN ('QUEUED', 'RUNNING')
        AND (lease_expires_at IS NULL OR lease_expires_at < now())
      RETURNING attempt, event_seq AS seq`;
    if (!row) return null;
    const data = asJson({ to: 'RUNNING', attempt: row.attempt, workerId });
    await tx.experimentEvent.create({ data: { experimentId, seq: row.seq, kind: 'state', data } });
    return row.attempt;
  });
}

async function whyNot(db: PrismaClient, experimentId: string): Promise<Claim> {
  const [row] = await db.$queryRaw<{ seconds: number | null }[]>`
    SELECT extract(epoch FROM lease_expires_at - now())::float8 AS seconds
    FROM experiment WHERE id = ${experimentId}::uuid AND state IN ('QUEUED', 'RUNNING')`;
  if (!row) return { kind: 'over' };
  return { kind: 'held', seconds: Math.max(1, Math.ceil(row.seconds ?? 1)) };
}
