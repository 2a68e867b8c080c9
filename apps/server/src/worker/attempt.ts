import { CodedError } from '@swm/core/errors';
import type { Prisma, PrismaClient } from '../db/generated/client.js';
import type { StageName } from '../db/launch-request.js';
import { type StageOutputs, type StageProgress, stageOutputSchemas } from '../db/stage-outputs.js';
import { untilReachable } from './database-patience.js';
import { type DiskRequest, reserveDisk } from './disk-reservation.js';
import { keepMeasurements } from './plan-measurements.js';
import { dropUnsharedCheckpoint, writeRecords } from './records.js';
import type { PlanMeasurementRecord, StageRecords } from './stage.js';

/** How long a claim holds without a heartbeat, in seconds of the database's clock (I-05, I-07). */
export const LEASE_SECONDS = 30;

const TRANSACTION = { maxWait: 15_000, timeout: 60_000 } as const;

/** Another worker has claimed the experiment, or it is over: nothing this attempt writes counts any more (I-06). */
export class StaleAttemptError extends Error {
  constructor() {
    super('the experiment was claimed again or is over');
    this.name = 'StaleAttemptError';
  }
}

/** A cancel arrived before a stage could be closed. */
export class CancelRequestedError extends Error {
  constructor() {
    super('the experiment is to be cancelled');
    this.name = 'CancelRequestedError';
  }
}

/** What is written to the event table; `stage` null for events of the whole experiment. */
export interface EventRow {
  readonly kind: string;
  readonly stage: StageName | null;
  readonly data: unknown;
}

/** The public part of a failure, as it is stored. */
export interface StoredError {
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
}

export const storedError = ({ code, message, fix }: CodedError): StoredError => ({ code, message, fix: fix ?? null });

/** Why an experiment goes back to the queue. Only `retry` costs an attempt. */
export type GiveBackReason = 'retry' | 'snooze' | 'release';

/**
 * One claim of one experiment. Every write happens here, in a transaction that first checks the fencing token and takes the next
 * event numbers, so that events have no gaps and a stale attempt changes nothing. While the database is away, writes wait.
 */
export class Attempt {
  private readonly buffered: EventRow[] = [];
  private tail: Promise<unknown> = Promise.resolve();
  private flushTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: PrismaClient,
    readonly experimentId: string,
    readonly number: number,
    private readonly workerId: string,
    /** Hears of a failed background write. */
    private readonly onLost: (error: unknown) => void,
  ) {}

  /** Renews the lease. False when the attempt is stale. */
  async heartbeat(): Promise<boolean> {
    const rows = await this.db.$executeRaw`
      UPDATE experiment SET lease_expires_at = now() + make_interval(secs => ${LEASE_SECONDS})
      WHERE id = ${this.experimentId}::uuid AND attempt = ${this.number} AND state = 'RUNNING'`;
    return rows === 1;
  }

  async isCancelRequested(): Promise<boolean> {
    const row = await this.db.experiment.findUnique({
      where: { id: this.experimentId },
      select: { cancelRequestedAt: true },
    });
    return row !== null && row.cancelRequestedAt !== null;
  }

  /** Writes an event soon, in order with all other writes. */
  emit(event: EventRow): void {
    this.buffered.push(event);
    this.flushTimer ??= setTimeout(() => {
      this.flush().catch(this.onLost);
    }, 200);
  }

  async flush(): Promise<void> {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    if (this.buffered.length > 0) await this.write([]);
    else await this.tail;
  }

  /** Notes that a stage is entered. */
  beginStage(name: StageName): Promise<void> {
    return this.write([this.stageEvent(name, 'RUNNING')], async (tx) => {
      await tx.stage.update({
        where: this.stageKey(name),
        data: {
          state: 'RUNNING',
          attempt: this.number,
          runs: { increment: 1 },
          startedAt: new Date(),
          finishedAt: null,
          errorCode: null,
          errorMessage: null,
          errorFix: null,
        },
      });
    });
  }

  /** Promises disk to this experiment until its export is closed or this attempt ends; false when others hold it. */
  async reserveDisk(request: Omit<DiskRequest, 'experimentId'>): Promise<boolean> {
    let isReserved = false;
    await this.write([], async (tx) => {
      isReserved = await reserveDisk(tx, { ...request, experimentId: this.experimentId });
    });
    return isReserved;
  }

  /** The resume point of a stage and what led to it. */
  saveCursor(
    name: StageName,
    cursor: unknown,
    found: {
      readonly events: readonly EventRow[];
      readonly modelId: string;
      readonly measurements: readonly PlanMeasurementRecord[];
    },
  ): Promise<void> {
    const { events, modelId, measurements } = found;
    return this.write(events, async (tx) => {
      await tx.stage.update({ where: this.stageKey(name), data: { cursor: asJson(cursor) } });
      await keepMeasurements(tx, modelId, measurements);
    });
  }

  saveProgress(name: StageName, progress: StageProgress, withEvent: boolean): Promise<void> {
    const events = withEvent ? [{ kind: 'progress', stage: name, data: progress }] : [];
    return this.write(events, async (tx) => {
      await tx.stage.updateMany({
        where: { experimentId: this.experimentId, name, state: 'RUNNING' },
        data: { progress: asJson(progress) },
      });
    });
  }

  /**
   * Output, rows, state and event of a stage in one transaction; with `isLast` the experiment's success too. Nothing is written
   * once a cancel was asked for (`CancelRequestedError`). Closing a closed stage changes nothing.
   */
  async closeStage<Name extends StageName>(
    name: Name,
    closing: { output: StageOutputs[Name]; records: StageRecords; durationMs: number; isLast: boolean },
  ): Promise<void> {
    // Parsed by the schema of that very name, which TypeScript cannot follow.
    const output = stageOutputSchemas[name].parse(closing.output) as StageOutputs[Name];
    const events = [this.stageEvent(name, 'DONE', { durationMs: closing.durationMs })];
    if (closing.isLast) events.push(this.stateEvent('SUCCEEDED'));
    const body = async (tx: Prisma.TransactionClient) => {
      const { count } = await tx.stage.updateMany({
        where: { experimentId: this.experimentId, name, state: { not: 'DONE' } },
        data: {
          state: 'DONE',
          attempt: this.number,
          output: asJson(output),
          finishedAt: new Date(),
          durationMs: closing.durationMs,
        },
      });
      // A commit whose answer was lost: the first one counts, this one must not.
      if (count === 0) throw new AlreadyClosedError();
      await writeRecords(
        tx,
        { experimentId: this.experimentId, workerId: this.workerId },
        name,
        output,
        closing.records,
      );
      if (closing.isLast) await this.finish(tx, 'SUCCEEDED');
    };
    await this.write(events, body, { unlessCancelled: true }).catch((error: unknown) => {
      if (!(error instanceof AlreadyClosedError)) throw error;
    });
  }

  skipStage(name: StageName): Promise<void> {
    return this.write([this.stageEvent(name, 'SKIPPED')], async (tx) => {
      await tx.stage.update({ where: this.stageKey(name), data: { state: 'SKIPPED' } });
    });
  }

  /** Ends the experiment without a further stage (all were closed before). */
  succeed(): Promise<void> {
    return this.write([this.stateEvent('SUCCEEDED')], (tx) => this.finish(tx, 'SUCCEEDED'), { unlessCancelled: true });
  }

  /** Back to the queue: another attempt goes on from the last closed stage or cursor. */
  giveBack(name: StageName | null, reason: GiveBackReason, seconds: number, error?: CodedError): Promise<void> {
    const cause = error ? { error: storedError(error) } : {};
    return this.write([this.stateEvent('QUEUED', { reason, seconds, ...cause })], async (tx) => {
      if (name)
        await tx.stage.updateMany({
          where: { experimentId: this.experimentId, name, state: 'RUNNING' },
          data: { state: 'PENDING' },
        });
      await tx.experiment.update({
        where: { id: this.experimentId },
        data: { state: 'QUEUED', leaseExpiresAt: null, workerId: null, reservedBytes: null },
      });
    });
  }

  fail(name: StageName | null, error: CodedError): Promise<void> {
    const { code, message, fix } = storedError(error);
    const columns = { errorCode: code, errorMessage: message, errorFix: fix };
    const events = [this.stateEvent('FAILED', { error: { code, message, fix } })];
    if (name) events.unshift(this.stageEvent(name, 'FAILED', { error: { code, message, fix } }));
    return this.write(events, async (tx) => {
      if (name)
        await tx.stage.update({
          where: this.stageKey(name),
          data: { state: 'FAILED', attempt: this.number, finishedAt: new Date(), ...columns },
        });
      await this.finish(tx, 'FAILED', columns);
    });
  }

  /** CANCELLED, with no row of this experiment left. Returns the checkpoint folder that is nobody's any more, already out of sight. */
  async cancel(name: StageName | null): Promise<string | null> {
    const events = [this.stateEvent('CANCELLED')];
    if (name) events.unshift(this.stageEvent(name, 'CANCELLED'));
    let folder: string | null = null;
    await this.write(events, async (tx) => {
      await tx.stage.updateMany({
        where: { experimentId: this.experimentId, state: { in: ['PENDING', 'RUNNING'] } },
        data: { state: 'CANCELLED', finishedAt: new Date() },
      });
      await this.finish(tx, 'CANCELLED');
      folder = await dropUnsharedCheckpoint(tx, this.experimentId);
    });
    return folder;
  }

  /**
   * Claims since the experiment last moved (a stage closed, a candidate logged) that were not given back unharmed: crashes and
   * retries at one and the same point, this attempt included; and the failure that was last seen there.
   */
  async attemptsAtThisPoint(): Promise<{ readonly count: number; readonly lastError: unknown }> {
    const [row] = await this.db.$queryRaw<{ claims: number; unharmed: number; lastError: unknown }[]>`
      SELECT count(*) FILTER (WHERE data->>'to' = 'RUNNING')::int AS claims,
             count(*) FILTER (WHERE data->>'reason' IN ('snooze', 'release'))::int AS unharmed,
             (array_agg(data->'error' ORDER BY seq DESC) FILTER (WHERE data->>'reason' = 'retry'))[1] AS "lastError"
      FROM experiment_event
      WHERE experiment_id = ${this.experimentId}::uuid AND kind = 'state' AND seq > (
        SELECT coalesce(max(seq), 0) FROM experiment_event
        WHERE experiment_id = ${this.experimentId}::uuid
          AND (kind = 'candidate' OR (kind = 'stage' AND data->>'state' = 'DONE')))`;
    // Progress inside this attempt leaves no claim behind it; the attempt itself counts as one.
    return { count: Math.max((row?.claims ?? 0) - (row?.unharmed ?? 0), 1), lastError: row?.lastError ?? null };
  }

  private async finish(
    tx: Prisma.TransactionClient,
    state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED',
    columns: Prisma.ExperimentUpdateInput = {},
  ): Promise<void> {
    await tx.experiment.update({
      where: { id: this.experimentId },
      data: { state, leaseExpiresAt: null, finishedAt: new Date(), reservedBytes: null, ...columns },
    });
  }

  /** One write at a time, buffered events first. */
  private write(
    events: readonly EventRow[],
    body: (tx: Prisma.TransactionClient) => Promise<unknown> = async () => {},
    options: { unlessCancelled?: boolean } = {},
  ): Promise<void> {
    const turn = this.tail.then(async () => {
      const all = [...this.buffered.splice(0), ...events];
      await untilReachable(() =>
        this.db.$transaction(async (tx) => {
          await this.takeNumbers(tx, all, options.unlessCancelled ?? false);
          await body(tx);
        }, TRANSACTION),
      );
    });
    this.tail = turn.catch(() => {}); // Its caller hears of it; the next write has its own fate.
    return turn;
  }

  /** The fence: locks the experiment's row if it is still ours, numbers the events and writes them. */
  private async takeNumbers(tx: Prisma.TransactionClient, events: readonly EventRow[], unlessCancelled: boolean) {
    const [row] = await tx.$queryRaw<{ last: number; cancelled: boolean }[]>`
      UPDATE experiment SET event_seq = event_seq + ${events.length}
      WHERE id = ${this.experimentId}::uuid AND attempt = ${this.number} AND state = 'RUNNING'
      RETURNING event_seq AS last, cancel_requested_at IS NOT NULL AS cancelled`;
    if (!row) throw new StaleAttemptError();
    if (unlessCancelled && row.cancelled) throw new CancelRequestedError();
    if (events.length === 0) return;
    await tx.experimentEvent.createMany({
      data: events.map(({ kind, stage, data }, index) => ({
        experimentId: this.experimentId,
        seq: row.last - events.length + 1 + index,
        kind,
        stage,
        data: asJson(data),
      })),
    });
  }

  private stageKey(name: StageName) {
    return { experimentId_name: { experimentId: this.experimentId, name } };
  }

  private stageEvent(name: StageName, state: string, more: Readonly<Record<string, unknown>> = {}): EventRow {
    return { kind: 'stage', stage: name, data: { state, attempt: this.number, ...more } };
  }

  private stateEvent(to: string, more: Readonly<Record<string, unknown>> = {}): EventRow {
    return { kind: 'state', stage: null, data: { to, attempt: this.number, ...more } };
  }
}

class AlreadyClosedError extends Error {}

/** Stage data is JSON by contract (schemas, events made of plain values); Prisma's type cannot see that. */
export const asJson = (value: unknown): Prisma.InputJsonValue => value as Prisma.InputJsonValue;
