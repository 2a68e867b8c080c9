import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, isCodedError } from '@swm/core/errors';
import type { PrismaClient } from '../db/generated/client.js';
import {
  isWanted,
  type LaunchRequest,
  launchRequestSchema,
  STAGE_NAMES,
  type StageName,
} from '../db/launch-request.js';
import { type Attempt, CancelRequestedError, StaleAttemptError } from './attempt.js';
import { type ClaimedExperiment, claimExperiment } from './claim.js';
import { knownResults } from './known-results.js';
import { discardCheckpoint } from './retire-checkpoint.js';
import type { StageOutcome, Stages } from './stage.js';
import { type ClosedOutputs, createStageRun } from './stage-run.js';
import { crashedTooOften, internal } from './worker-errors.js';

const HEARTBEAT_MS = 10_000;
const CANCEL_POLL_MS = 1_000;
/** Claims at one and the same point before a job is poison (I-14). */
const MAX_ATTEMPTS = 3;
const BACK_OFF_SECONDS = [2, 10, 30];

/** What the queue is told: over, or to be delivered again. */
export type PipelineEnd = { readonly kind: 'finished' } | { readonly kind: 'again'; readonly seconds: number };

/** Stages that need the machine's memory and processors; a latency is measured with nothing beside it (I-31). */
const HEAVY_STAGES: ReadonlySet<StageName> = new Set([
  'analyse-layers',
  'search-plan',
  'evaluate',
  'benchmark-latency',
]);

const FINISHED: PipelineEnd = { kind: 'finished' };

/** The worker is going down: the experiment goes back unharmed. */
export class ShutdownError extends Error {
  constructor() {
    super('the worker is shutting down');
    this.name = 'ShutdownError';
  }
}

export interface PipelineOptions {
  readonly db: PrismaClient;
  readonly stages: Stages;
  readonly workerId: string;
  readonly experimentsFolder: string;
  readonly checkpointsFolder: string;
  /** Bytes of checkpoints each team may have; null for no limit. */
  readonly teamQuotaBytes: number | null;
  /** What becomes of a checkpoint's folder once its experiment is published. */
  readonly retention: 'keep' | 'discard';
  /** Ends whatever an experiment's dead attempts left running. */
  readonly reap: (experimentId: string) => Promise<unknown>;
  /** Does a stage's work while nothing else of this worker computes. */
  readonly alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly logError: (error: unknown, context: Readonly<Record<string, unknown>>) => void;
}

/** The failure that was last seen, as an error again. */
function revived(stored: unknown): CodedError | undefined {
  if (typeof stored !== 'object' || stored === null || !('code' in stored) || !('message' in stored)) return undefined;
  const fix = 'fix' in stored && typeof stored.fix === 'string' ? { fix: stored.fix } : {};
  return new CodedError({ code: String(stored.code), message: String(stored.message), ...fix });
}

/** Runs claimed experiments: for each stage done? skip : run → save output, rows, state and event in one transaction. */
export class Pipeline {
  constructor(private readonly options: PipelineOptions) {}

  /** Claims the experiment and takes it as far as it goes. Rejects only when the database stays away. */
  async run(experimentId: string, shutdown: AbortSignal): Promise<PipelineEnd> {
    const { db, workerId, reap } = this.options;
    const controller = new AbortController();
    const claim = await claimExperiment(db, { experimentId, workerId, onLost: (error) => controller.abort(error) });
    if (claim.kind === 'over') return FINISHED;
    if (claim.kind === 'held') return { kind: 'again', seconds: claim.seconds };
    const { attempt, experiment } = claim;
    const stopWatching = this.watch(attempt, controller, shutdown);
    try {
      await reap(experimentId);
      return await this.runStages(attempt, experiment, controller.signal);
    } catch (error) {
      // Only a stale attempt or a database that stays away come here: nothing can be written any more.
      if (error instanceof StaleAttemptError) return FINISHED;
      throw error;
    } finally {
      stopWatching();
      await reap(experimentId);
    }
  }

  /** Heartbeats, and listens for cancel and shutdown, on this thread: tensors and processes have their own. */
  private watch(attempt: Attempt, controller: AbortController, shutdown: AbortSignal): () => void {
    const { logError } = this.options;
    const quietly = (task: Promise<unknown>) => {
      // The database may be away for a moment; writes wait for it, and the lease outlasts it.
      task.catch((error: unknown) => logError(error, { experimentId: attempt.experimentId }));
    };
    const heartbeat = setInterval(() => {
      quietly(attempt.heartbeat().then((isOurs) => !isOurs && controller.abort(new StaleAttemptError())));
    }, HEARTBEAT_MS);
    const cancel = setInterval(() => {
      quietly(attempt.isCancelRequested().then((isAsked) => isAsked && controller.abort(new CancelRequestedError())));
    }, CANCEL_POLL_MS);
    const onShutdown = () => controller.abort(new ShutdownError());
    if (shutdown.aborted) onShutdown();
    shutdown.addEventListener('abort', onShutdown, { once: true });
    return () => {
      clearInterval(heartbeat);
      clearInterval(cancel);
      shutdown.removeEventListener('abort', onShutdown);
    };
  }

  private async runStages(attempt: Attempt, experiment: ClaimedExperiment, signal: AbortSignal): Promise<PipelineEnd> {
    const request = launchRequestSchema.parse(experiment.request);
    const folder = join(this.options.experimentsFolder, experiment.id);
    await mkdir(folder, { recursive: true });
    const outputs: ClosedOutputs = new Map();
    let current: StageName | null = null;
    try {
      if (experiment.cancelRequestedAt) throw new CancelRequestedError();
      const { count, lastError } = await attempt.attemptsAtThisPoint();
      if (count > MAX_ATTEMPTS) throw revived(lastError) ?? crashedTooOften(MAX_ATTEMPTS);
      for (const name of STAGE_NAMES) {
        const row = experiment.stages.find((stage) => stage.name === name);
        if (!row || row.state === 'SKIPPED') continue;
        if (row.state === 'DONE') {
          outputs.set(name, row.output);
          continue;
        }
        current = name;
        signal.throwIfAborted();
        const end = await this.runStage(name, {
          attempt,
          experiment,
          request,
          outputs,
          signal,
          folder,
          cursor: row.cursor,
        });
        if (end) return end;
        current = null;
      }
      if (!isWanted(request, 'publish') && outputs.size === 0) await attempt.succeed();
      return FINISHED;
    } catch (error) {
      return this.conclude(attempt, current, signal.aborted ? signal.reason : error);
    }
  }

  /** Runs one stage to its outcome; undefined when it is closed and the next may begin. */
  private async runStage(
    name: StageName,
    run: {
      readonly attempt: Attempt;
      readonly experiment: ClaimedExperiment;
      readonly request: LaunchRequest;
      readonly outputs: ClosedOutputs;
      readonly signal: AbortSignal;
      readonly folder: string;
      readonly cursor: unknown;
    },
  ): Promise<PipelineEnd | undefined> {
    const { attempt, experiment, request, outputs, signal, folder, cursor } = run;
    const { db, stages, alone, checkpointsFolder, teamQuotaBytes } = this.options;
    await attempt.beginStage(name);
    const started = performance.now();
    const { context, settle } = createStageRun(name, cursor, {
      attempt,
      request,
      model: experiment.model,
      outputs,
      known: knownResults(db, {
        ...{ teamId: experiment.teamId, modelId: experiment.modelId },
        ...{ experimentId: attempt.experimentId, attempt: attempt.number },
      }),
      reserveDisk: (neededBytes) =>
        attempt.reserveDisk({ teamId: experiment.teamId, folder: checkpointsFolder, neededBytes, teamQuotaBytes }),
      recorded: (stage, kind) => this.recorded(attempt.experimentId, stage, kind),
      signal,
      folder,
    });
    const work = (): Promise<StageOutcome> => stages[name].run(context);
    const outcome = await (HEAVY_STAGES.has(name) ? alone(work) : work()).finally(settle);
    signal.throwIfAborted();
    if (outcome.kind === 'snooze') {
      await attempt.giveBack(name, 'snooze', outcome.seconds);
      return { kind: 'again', seconds: outcome.seconds };
    }
    if (outcome.kind === 'retry') throw outcome.error;
    if (outcome.kind === 'cancel') throw new CancelRequestedError();
    const { output, records = {} } = outcome;
    const durationMs = Math.round(performance.now() - started);
    const isLast = STAGE_NAMES.filter((wanted) => isWanted(request, wanted)).at(-1) === name;
    await attempt.closeStage(name, { output, records, durationMs, isLast });
    outputs.set(name, output);
    if (name === 'publish' && this.options.retention === 'discard') await this.discard(experiment.id);
    return undefined;
  }

  /** The experiment has succeeded: what fails here is for the log and for the next clean-up. */
  private async discard(experimentId: string): Promise<void> {
    try {
      const hidden = await discardCheckpoint(this.options.db, experimentId);
      if (hidden !== null) await rm(hidden, { recursive: true, force: true });
    } catch (error) {
      this.options.logError(error, { experimentId });
    }
  }

  private async recorded(experimentId: string, stage: StageName, kind: string): Promise<readonly unknown[]> {
    const rows = await this.options.db.experimentEvent.findMany({
      where: { experimentId, stage, kind },
      orderBy: { seq: 'asc' },
    });
    return rows.map(({ data }) => data);
  }

  /** Ends the attempt by its cause: cancelled, given back, to be tried again, or failed. */
  private async conclude(attempt: Attempt, stage: StageName | null, cause: unknown): Promise<PipelineEnd> {
    if (cause instanceof StaleAttemptError) throw cause;
    if (cause instanceof CancelRequestedError) {
      const hidden = await attempt.cancel(stage);
      if (hidden) await rm(hidden, { recursive: true, force: true });
      return FINISHED;
    }
    if (cause instanceof ShutdownError) {
      await attempt.giveBack(stage, 'release', 0);
      return { kind: 'again', seconds: 0 };
    }
    const error = isCodedError(cause) && cause.code.includes('.') ? cause : this.unexpected(attempt, cause);
    const { count } = await attempt.attemptsAtThisPoint();
    if (error.retryable && count < MAX_ATTEMPTS) {
      const seconds = BACK_OFF_SECONDS[count - 1] ?? 30;
      await attempt.giveBack(stage, 'retry', seconds, error);
      return { kind: 'again', seconds };
    }
    this.options.logError(error, { experimentId: attempt.experimentId, stage, details: error.details });
    await attempt.fail(stage, error).catch(async (failure: unknown) => {
      if (!(failure instanceof CancelRequestedError)) throw failure;
      await attempt.cancel(stage);
    });
    return FINISHED;
  }

  private unexpected(attempt: Attempt, cause: unknown): CodedError {
    const requestId = randomUUID();
    this.options.logError(cause, { experimentId: attempt.experimentId, requestId });
    return internal(requestId, cause);
  }
}
