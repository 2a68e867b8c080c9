import { createHash } from 'node:crypto';
import { enumNameOf } from '@swm/core/method';
import { lockUntilCommit } from '../db/advisory-lock.js';
import type { Experiment, Prisma, PrismaClient } from '../db/generated/client.js';
import { isWanted, type LaunchRequest, STAGE_NAMES } from '../db/launch-request.js';
import type { Queue } from '../queue/queue.js';
import { checkLaunch } from './check-launch.js';
import { type LaunchEnvironment, taskDataFiles } from './launch-environment.js';
import type { LaunchInput } from './launch-input.js';
import type { ModelService } from './model-service.js';
import type { TeamScope } from './team-scope.js';
import type { UserError } from './user-error.js';

export interface Launched {
  readonly experiment: Experiment | null;
  readonly wasDeduplicated: boolean;
  readonly userErrors: readonly UserError[];
}

/** Fifty launches at once wait for each other's lock, each on a connection of the pool. */
const TRANSACTION = { maxWait: 20_000, timeout: 20_000 } as const;

/** The stages of an experiment, those that its launch leaves out as skipped. An analysis alone has `analyse-layers`. */
const stagesOf = (request: LaunchRequest) =>
  STAGE_NAMES.map((name, position) => ({
    ...{ name, position },
    state: isWanted(request, name) ? ('PENDING' as const) : ('SKIPPED' as const),
  })).filter(({ name, state }) => name !== 'analyse-layers' || state === 'PENDING');

/** JSON with sorted keys: equal requests have equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Launching: from a checked request to an experiment, its stages and its job, in one transaction. */
export class LaunchService {
  constructor(
    private readonly db: PrismaClient,
    private readonly queue: Pick<Queue, 'enqueue'>,
    private readonly models: ModelService,
    private readonly environment: LaunchEnvironment,
  ) {}

  /**
   * Launches an experiment, or returns the one that is the same: of the same key, or an equal request that is queued, runs or
   * succeeded. Any number of equal launches at once give one experiment (I-09).
   */
  async launch(scope: TeamScope, input: LaunchInput): Promise<Launched> {
    const model = await this.models.get(scope, input.modelId);
    const checked = checkLaunch(input, model, this.environment);
    if ('errors' in checked) return { experiment: null, wasDeduplicated: false, userErrors: checked.errors };
    const request = checked.value;
    const requestHash = await this.hash(request);
    return this.db.$transaction(
      (tx) => this.launchOnce(tx, scope, { request, requestHash, key: input.idempotencyKey }),
      TRANSACTION,
    );
  }

  private async launchOnce(
    tx: Prisma.TransactionClient,
    { teamId }: TeamScope,
    launch: { readonly request: LaunchRequest; readonly requestHash: string; readonly key: string | null },
  ): Promise<Launched> {
    const { requestHash, key } = launch;
    // Keys before requests, everywhere: no two launches can wait for each other.
    if (key !== null) await lockUntilCommit(tx, `launch key ${teamId} ${key}`);
    await lockUntilCommit(tx, `launch request ${teamId} ${requestHash}`);
    const replayed = key === null ? null : await tx.experiment.findFirst({ where: { teamId, idempotencyKey: key } });
    if (replayed && replayed.requestHash !== requestHash) return conflict();
    const equal =
      replayed ??
      (await tx.experiment.findFirst({
        where: { teamId, requestHash, state: { in: ['QUEUED', 'RUNNING', 'SUCCEEDED'] }, cancelRequestedAt: null },
        orderBy: { id: 'desc' },
      }));
    if (!equal) return { experiment: await this.create(tx, teamId, launch), wasDeduplicated: false, userErrors: [] };
    const isUnkeyed = key !== null && equal.idempotencyKey === null;
    const experiment = isUnkeyed
      ? await tx.experiment.update({ where: { id: equal.id }, data: { idempotencyKey: key } })
      : equal;
    return { experiment, wasDeduplicated: true, userErrors: [] };
  }

  private async create(
    tx: Prisma.TransactionClient,
    teamId: string,
    launch: { readonly request: LaunchRequest; readonly requestHash: string; readonly key: string | null },
  ): Promise<Experiment> {
    const { request, requestHash, key } = launch;
    const experiment = await tx.experiment.create({
      data: {
        teamId,
        modelId: request.modelId,
        methodName: enumNameOf(request.method.name),
        request: request as Prisma.InputJsonObject, // Parsed by its schema: plain JSON.
        requestHash,
        idempotencyKey: key,
        latencyProtocol: request.latency,
        eventSeq: 1,
        stages: { create: stagesOf(request) },
        events: { create: { seq: 1, kind: 'state', data: { to: 'QUEUED', attempt: 0 } } },
      },
    });
    await this.queue.enqueue(tx, 'experiment', experiment.id);
    return experiment;
  }

  /** What is asked for, and the content of the files it names: a changed file is another request. */
  private async hash(request: LaunchRequest): Promise<string> {
    const isEvaluated = STAGE_NAMES.indexOf(request.stopAfter) >= STAGE_NAMES.indexOf('evaluate');
    const files = await this.environment.digestFiles({
      calibration: request.calibration.file ?? null,
      taskData: isEvaluated ? taskDataFiles(request.protocol) : [],
    });
    return createHash('sha256').update(canonicalJson({ request, files })).digest('hex');
  }
}

/** `IDEMPOTENCY_CONFLICT`: the key belongs to another request. */
const conflict = (): Launched => ({
  experiment: null,
  wasDeduplicated: false,
  userErrors: [
    {
      code: 'IDEMPOTENCY_CONFLICT',
      field: ['idempotencyKey'],
      message: 'This idempotency key was used for another launch.',
      hint: 'Use a new key for a new launch; the same key only repeats the same one.',
    },
  ],
});
