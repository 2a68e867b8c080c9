import { randomUUID } from 'node:crypto';
import type { EngineInfo, Measurement } from '@swm/core/engine';
import { CodedError, isCodedError } from '@swm/core/errors';
import { formatPlan, type LayerPlan, readPlanJson } from '@swm/core/plan';
import type { Prisma, PrismaClient } from '../db/generated/client.js';
import { engineInfoSchema } from '../db/stage-outputs.js';
import { quantitySchema, type WhatIfRequest, whatIfRequestSchema } from '../db/what-if-request.js';
import { storedError } from './attempt.js';
import { type CalibrationMatrix, drawCalibration } from './calibration-matrix.js';
import { untilReachable } from './database-patience.js';
import { ModelCheck } from './model-check.js';
import { openEngine } from './open-engine.js';
import type { PipelineEnd } from './pipeline.js';
import { engineId, keepMeasurements } from './plan-measurements.js';
import type { StageTools } from './stage-tools.js';
import { StoodAsideError, type WarmSessions } from './warm-sessions.js';
import { crashedTooOften, internal } from './worker-errors.js';

/** Beginnings without an end before a request is poison (I-14). */
const MAX_ATTEMPTS = 3;
const RETRY_SECONDS = 2;
/** How long a request is held for a machine that is busy before another worker may have it. */
const HOLD_MS = 15_000;
/** Calibration matrices kept in memory: a few thousand numbers each. */
const MAX_MATRICES = 8;

/** `MEASURE.NON_FINITE`: a loss so great that it makes no perplexity. */
const nonFinite = (plan: LayerPlan): CodedError =>
  new CodedError({
    code: 'MEASURE.NON_FINITE',
    message: `The perplexity of the plan ${formatPlan(plan)} is not a finite number.`,
    fix: 'Measure its similarity, or another plan: this one’s model predicts nothing.',
  });

type StoredRequest = Prisma.MeasurementRequestGetPayload<{ include: { model: true; plan: true } }>;

/** What a request is about, checked. */
interface Question {
  readonly id: string;
  readonly model: StoredRequest['model'] & { readonly folder: string; readonly revision: string };
  readonly planId: string;
  readonly plan: LayerPlan;
  readonly quantity: ReturnType<typeof quantitySchema.parse>;
  readonly asked: WhatIfRequest;
}

/** Answers measurement requests: from what was measured before, else by a warm engine session, which it keeps for the next one. */
export class MeasurementAnswerer {
  private readonly models = new ModelCheck();
  /** Least recently drawn first. */
  private readonly matrices = new Map<string, Promise<CalibrationMatrix>>();

  constructor(
    private readonly options: {
      readonly db: PrismaClient;
      readonly tools: StageTools;
      readonly warm: WarmSessions;
      readonly log: (line: string) => void;
      readonly logError: (error: unknown, context: Readonly<Record<string, unknown>>) => void;
    },
  ) {}

  /**
   * Answers a request, or notes why it cannot be. One that a dead worker left is begun again; while an experiment computes here it goes
   * back to the queue, where another worker may find it. Rejects only when the database stays away.
   */
  async answer(requestId: string, shutdown: AbortSignal): Promise<PipelineEnd> {
    const held = AbortSignal.any([shutdown, AbortSignal.timeout(HOLD_MS)]);
    const isFree = await this.options.warm.untilFree(held).then(
      () => true,
      () => false, // too long, or the worker stops
    );
    if (!isFree) return { kind: 'again', seconds: 1 };
    const stored = await untilReachable(() => this.begin(requestId));
    if (!stored) return { kind: 'finished' };
    try {
      if (stored.attempts > MAX_ATTEMPTS) throw crashedTooOften(MAX_ATTEMPTS);
      await this.measure(questionOf(stored), shutdown);
    } catch (error) {
      return this.conclude(stored, error, shutdown);
    }
    return { kind: 'finished' };
  }

  /** Counts the attempt; null when there is nothing to answer any more. */
  private async begin(id: string): Promise<StoredRequest | null> {
    const { db } = this.options;
    const { count } = await db.measurementRequest.updateMany({
      where: { id, state: 'QUEUED' },
      data: { attempts: { increment: 1 } },
    });
    return count === 0
      ? null
      : db.measurementRequest.findUnique({ where: { id }, include: { model: true, plan: true } });
  }

  private async measure(question: Question, shutdown: AbortSignal): Promise<void> {
    const { tools, warm, log } = this.options;
    const { model, plan, quantity, asked } = question;
    const calibration = await this.calibrationOf(question, shutdown);
    const prefer = asked.engine === 'auto' ? tools.engine : asked.engine;
    const known = await untilReachable(() => this.findKnown(question, calibration.sha256));
    if (known) return this.finish(question, known.id, true);
    const { engine, measured } = await warm.use(
      {
        key: [model.id, calibration.sha256, prefer].join(' '),
        sizeBytes: Number(model.parameterCount) * bytesPerValue(prefer, tools),
        open: async (signal) => {
          await this.models.check(model, signal);
          const { tokenIds } = calibration;
          return openEngine(tools, {
            ...{ folder: model.folder, tokenIds, prefer, signal },
            runId: `${tools.runPrefix}what-if`,
            onLine: (line) => log(`torch: ${line}`),
          });
        },
      },
      shutdown,
      async (session) => ({ engine: session.info, measured: await session.measure(plan, quantity) }),
    );
    if (quantity === 'nll' && !Number.isFinite(Math.exp(measured.mean))) throw nonFinite(plan);
    await this.keep(question, calibration.sha256, engine, measured);
  }

  /** Drawn by the code that experiments use, from the model's own tokenizer. */
  private calibrationOf({ model, asked }: Question, shutdown: AbortSignal): Promise<CalibrationMatrix> {
    const key = JSON.stringify([model.id, asked.calibration, asked.files]);
    const drawn = this.matrices.get(key) ?? drawCalibration(asked.calibration, model.folder, shutdown);
    this.matrices.delete(key);
    this.matrices.set(key, drawn);
    drawn.catch(() => this.matrices.delete(key)); // whoever asked hears of it
    const [oldest] = this.matrices.keys();
    if (this.matrices.size > MAX_MATRICES && oldest !== undefined) this.matrices.delete(oldest);
    return drawn;
  }

  /** What an engine that would do has measured before; the newest. */
  private async findKnown({ model, planId, quantity, asked }: Question, calibrationSha256: string) {
    const rows = await this.options.db.planMeasurement.findMany({
      where: { modelId: model.id, calibrationSha256, planId, quantity },
      orderBy: { measuredAt: 'desc' },
    });
    return rows.find(({ engine }) => isAskedFor(engineInfoSchema.parse(engine), asked.engine, this.options.tools));
  }

  /** Keeps a measurement and answers with what the table then says: another worker may have been first. */
  private async keep(question: Question, calibrationSha256: string, engine: EngineInfo, measured: Measurement) {
    const { db } = this.options;
    const { model, plan, planId, quantity } = question;
    const key = { modelId: model.id, calibrationSha256, planId, quantity, engineId: engineId(engine) };
    const { id } = await untilReachable(async () => {
      await keepMeasurements(db, model.id, [{ ...measured, plan, quantity, calibrationSha256, engine }]);
      return db.planMeasurement.findUniqueOrThrow({
        where: { modelId_calibrationSha256_planId_quantity_engineId: key },
        select: { id: true },
      });
    });
    await this.finish(question, id, false);
  }

  private async finish({ id }: Question, measurementId: string, wasKnown: boolean): Promise<void> {
    await untilReachable(() =>
      this.options.db.measurementRequest.updateMany({
        where: { id, state: 'QUEUED' },
        data: { state: 'DONE', measurementId, wasKnown, finishedAt: new Date() },
      }),
    );
  }

  /** Back to the queue unharmed, to be tried again, or failed. */
  private async conclude({ id, attempts }: StoredRequest, cause: unknown, shutdown: AbortSignal): Promise<PipelineEnd> {
    const { db } = this.options;
    if (shutdown.aborted || cause instanceof StoodAsideError) {
      await untilReachable(() =>
        db.measurementRequest.updateMany({ where: { id, state: 'QUEUED' }, data: { attempts: { decrement: 1 } } }),
      );
      return { kind: 'again', seconds: 1 };
    }
    const error = isCodedError(cause) && cause.code.includes('.') ? cause : this.unexpected(id, cause);
    if (error.retryable && attempts < MAX_ATTEMPTS) return { kind: 'again', seconds: RETRY_SECONDS };
    this.options.logError(error, { measurementRequestId: id, details: error.details });
    const { code, message, fix } = storedError(error);
    await untilReachable(() =>
      db.measurementRequest.updateMany({
        where: { id, state: 'QUEUED' },
        data: { state: 'FAILED', errorCode: code, errorMessage: message, errorFix: fix, finishedAt: new Date() },
      }),
    );
    return { kind: 'finished' };
  }

  private unexpected(measurementRequestId: string, cause: unknown): CodedError {
    const requestId = randomUUID();
    this.options.logError(cause, { measurementRequestId, requestId });
    return internal(requestId, cause);
  }
}

function questionOf({ id, model, planId, plan, quantity, request }: StoredRequest): Question {
  const { folder, revision } = model;
  if (folder === null || revision === null) throw new Error('a model that is not there yet was accepted');
  return {
    ...{ id, planId, model: { ...model, folder, revision }, plan: readPlanJson(plan.json) },
    quantity: quantitySchema.parse(quantity),
    asked: whatIfRequestSchema.parse(request),
  };
}

/** Whether a measurement by that engine answers a request for this one. Number formats are never mixed: AUTO has that of this worker. */
function isAskedFor(
  { name, backend, dtype }: Pick<EngineInfo, 'name' | 'backend' | 'dtype'>,
  asked: WhatIfRequest['engine'],
  { engine, torchDtype }: StageTools,
): boolean {
  if (asked === 'auto') return dtype === (engine === 'torch' ? torchDtype : 'f32');
  if (asked === 'torch') return name === 'torch' && dtype === torchDtype;
  return backend === asked;
}

/** TensorFlow.js computes in f32 alone. */
const bytesPerValue = (engine: WhatIfRequest['engine'], { torchDtype }: StageTools): number =>
  engine === 'torch' && torchDtype !== 'f32' ? 2 : 4;
