import { createHash } from 'node:crypto';
import { planId } from '@swm/core';
import { z } from 'zod';
import type { EventBell } from '../db/event-bell.js';
import type { Prisma, PrismaClient } from '../db/generated/client.js';
import { planRow } from '../db/plan-row.js';
import { engineInfoSchema } from '../db/stage-outputs.js';
import type { WhatIfRequest } from '../db/what-if-request.js';
import type { Queue } from '../queue/queue.js';
import { type CheckedMeasurement, checkMeasurement, type MeasureInput } from './check-measurement.js';
import type { LaunchEnvironment } from './launch-environment.js';
import type { ModelService } from './model-service.js';
import { removedRatioOf } from './result-service.js';
import type { TeamScope } from './team-scope.js';
import type { UserError } from './user-error.js';

/** Requests of one team that may wait for a worker: a slider has one, a page that draws a curve some. */
const MAX_QUEUED = 20;
/** Callers that wait at once in a process; each costs a statement a second and no connection. */
const MAX_WAITS = 50;
/** Rings are lost while the listening connection is away. */
const LOOK_AGAIN_MS = 1000;

const INCLUDE = { model: true, plan: true, measurement: true } as const;

/** A request with what it is about and, once it is DONE, the answer. */
export type StoredMeasurement = Prisma.MeasurementRequestGetPayload<{ include: typeof INCLUDE }>;

/** How long a caller would wait for a worker. */
export interface Patience {
  /** By `performance.now()`. */
  readonly until: number;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface Measured {
  readonly measurement: StoredMeasurement | null;
  /** Whether nothing was computed for this call. */
  readonly cached: boolean;
  readonly userErrors: readonly UserError[];
}

/** What the pruned model would weigh; layers are all alike. */
export function sizeOf({ model, plan }: Pick<StoredMeasurement, 'model' | 'plan'>): {
  readonly parameterCount: bigint;
  readonly removedRatio: number;
} {
  const removed = BigInt(plan.sourceDepth - plan.outputDepth) * model.layerParameterCount;
  const parameterCount = model.parameterCount - removed;
  return { parameterCount, removedRatio: removedRatioOf(model, { parameterCount }) };
}

/** What measured it; null while nothing did. */
export const measuredBy = ({ measurement }: Pick<StoredMeasurement, 'measurement'>) =>
  measurement && engineInfoSchema.parse(measurement.engine);

/** `MEASURE.TOO_MANY_QUEUED`: the team asks faster than workers answer. */
const tooManyQueued = (): UserError => ({
  code: 'MEASURE.TOO_MANY_QUEUED',
  field: [],
  message: `${MAX_QUEUED} measurements of this team wait for a worker already.`,
  hint: 'Wait for their answers: query planMeasurement.',
});

const refused = (...userErrors: readonly UserError[]): Measured => ({ measurement: null, cached: false, userErrors });

/** What-if: the number of a plan, from what was measured before or by a worker that is asked through the database. */
export class MeasurementService {
  private waits = 0;

  constructor(
    private readonly db: PrismaClient,
    private readonly queue: Pick<Queue, 'enqueue'>,
    private readonly models: ModelService,
    private readonly environment: LaunchEnvironment,
    private readonly bell: EventBell,
  ) {}

  /**
   * Asks for a measurement. Equal requests of a team are one: its answer is given at once when there is one, else it is waited for as
   * long as the caller has patience; after that the measurement is returned QUEUED. One that failed is tried again.
   */
  async measure(scope: TeamScope, input: MeasureInput, patience: Patience): Promise<Measured> {
    const model = await this.models.get(scope, input.modelId);
    const checked = checkMeasurement(input, model, this.environment);
    if ('errors' in checked) return refused(...checked.errors);
    const { file = null } = checked.value.calibration;
    const files = await this.environment.digestFiles({ calibration: file, taskData: [] });
    const requestHash = hashOf(checked.value, files);
    const key = { teamId_requestHash: { teamId: scope.teamId, requestHash } };
    const before = await this.db.measurementRequest.findUnique({ where: key, include: INCLUDE });
    if (before?.state === 'DONE') return { measurement: before, cached: true, userErrors: [] };
    const queued = await this.db.measurementRequest.count({ where: { teamId: scope.teamId, state: 'QUEUED' } });
    if (before?.state !== 'QUEUED') {
      if (queued >= MAX_QUEUED) return refused(tooManyQueued());
      await this.db.$transaction((tx) => this.ask(tx, scope, { ...checked.value, files, requestHash }));
    }
    const measurement = await this.untilAnswered(key, patience);
    return { measurement, cached: measurement.wasKnown, userErrors: [] };
  }

  /** A measurement of the team by id; null when there is none. */
  get({ teamId }: TeamScope, id: string): Promise<StoredMeasurement | null> {
    if (!z.uuid().safeParse(id).success) return Promise.resolve(null);
    return this.db.measurementRequest.findFirst({ where: { id, teamId }, include: INCLUDE });
  }

  /** Writes the request and its job; of any number of equal ones at once, one does. */
  private async ask(
    tx: Prisma.TransactionClient,
    { teamId }: TeamScope,
    asked: CheckedMeasurement & { readonly files: readonly string[]; readonly requestHash: string },
  ): Promise<void> {
    const { model, plan, quantity, calibration, engine, files, requestHash } = asked;
    await tx.plan.createMany({ data: [planRow(plan)], skipDuplicates: true });
    const request: WhatIfRequest = { calibration, engine, files: [...files] };
    const row = { teamId, modelId: model.id, planId: planId(plan), quantity, request, requestHash };
    const created = await tx.measurementRequest.createMany({ data: [row], skipDuplicates: true });
    const again = await tx.measurementRequest.updateMany({
      where: { teamId, requestHash, state: 'FAILED' },
      data: { state: 'QUEUED', attempts: 0, errorCode: null, errorMessage: null, errorFix: null, finishedAt: null },
    });
    if (created.count + again.count === 0) return;
    const { id } = await tx.measurementRequest.findUniqueOrThrow({
      where: { teamId_requestHash: { teamId, requestHash } },
      select: { id: true },
    });
    await this.queue.enqueue(tx, 'measurement', id);
  }

  /** The request, answered if that happens in time. No connection is held while it waits. */
  private async untilAnswered(
    key: Prisma.MeasurementRequestWhereUniqueInput,
    { until, signal }: Patience,
  ): Promise<StoredMeasurement> {
    const look = () => this.db.measurementRequest.findUniqueOrThrow({ where: key, include: INCLUDE });
    let found = await look();
    if (this.waits >= MAX_WAITS) return found;
    this.waits += 1;
    try {
      while (found.state === 'QUEUED' && !signal.aborted) {
        const left = until - performance.now();
        if (left <= 0) break;
        const ring = this.bell.next(found.id, Math.min(left, LOOK_AGAIN_MS));
        signal.addEventListener('abort', ring.cancel, { once: true });
        try {
          found = await look();
          if (found.state === 'QUEUED') await ring.done;
        } finally {
          signal.removeEventListener('abort', ring.cancel);
          ring.cancel();
        }
      }
      return found.state === 'QUEUED' ? await look() : found;
    } finally {
      this.waits -= 1;
    }
  }
}

/** Equal questions have equal hashes; files count by their content. */
function hashOf({ model, plan, quantity, calibration, engine }: CheckedMeasurement, files: readonly string[]): string {
  const { source, samples, tokens, seed, addBos } = calibration;
  const asked = [model.id, planId(plan), quantity, engine, source, samples, tokens, seed, addBos, files];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}
