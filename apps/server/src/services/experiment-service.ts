import { CodedError } from '@swm/core/errors';
import type { Candidate } from '@swm/core/method';
import { z } from 'zod';
import type { Experiment, ExperimentEvent, Prisma, PrismaClient, Stage } from '../db/generated/client.js';
import { type LaunchRequest, launchRequestSchema, type StageName } from '../db/launch-request.js';
import { methodFigure } from '../db/leaderboard-entry.js';
import {
  engineInfoSchema,
  type StageOutputs,
  type StageProgress,
  stageOutputSchemas,
  stageProgressSchema,
} from '../db/stage-outputs.js';
import { decodeCursor, idKeySchema, type Page, type PageRequest, pageOf, pageSize } from './page.js';
import type { TeamScope } from './team-scope.js';
import type { UserError } from './user-error.js';

export interface ExperimentFilter {
  readonly modelId: string | null;
  readonly state: Experiment['state'] | null;
  readonly methodName: string | null;
}

const FINAL_STATES: ReadonlySet<Experiment['state']> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

/** Whether the experiment has ended for good: nothing is written about it any more. */
export const isFinal = ({ state }: Pick<Experiment, 'state'>): boolean => FINAL_STATES.has(state);

const isUuid = (id: string): boolean => z.uuid().safeParse(id).success;

/** What an experiment asked for, defaults written out. */
export const requestOf = (experiment: Pick<Experiment, 'request'>): LaunchRequest =>
  launchRequestSchema.parse(experiment.request);

/** The checked output of a closed stage; null while it is not closed. */
export function stageOutput<Name extends StageName>(stages: readonly Stage[], name: Name): StageOutputs[Name] | null {
  const stage = stages.find((candidate) => candidate.name === name);
  if (stage?.state !== 'DONE') return null;
  const output: unknown = stageOutputSchemas[name].parse(stage.output);
  return output as StageOutputs[Name]; // Parsed by the schema of that very name, which TypeScript cannot follow.
}

/** Method, profile and threshold: the one asked for, or the one found for a target. */
export const methodOf = (experiment: Pick<Experiment, 'request'>, stages: readonly Stage[]) =>
  methodFigure(experiment.request, stageOutput(stages, 'search-plan')?.threshold ?? null);

/** How far a stage is; null before its first report. */
export const progressOf = ({ progress }: Pick<Stage, 'progress'>): StageProgress | null =>
  progress === null ? null : stageProgressSchema.parse(progress);

/** What measured a search; null where nothing was measured (yet). */
export const engineOf = ({ engine }: Pick<Experiment, 'engine'>) =>
  engine === null ? null : engineInfoSchema.parse(engine);

/** Experiments: reading and cancelling. */
export class ExperimentService {
  constructor(private readonly db: PrismaClient) {}

  get({ teamId }: TeamScope, id: string): Promise<Experiment | null> {
    return isUuid(id) ? this.db.experiment.findFirst({ where: { id, teamId } }) : Promise.resolve(null);
  }

  /** The experiment, or `EXPERIMENT.NOT_FOUND`. */
  async require(scope: TeamScope, id: string): Promise<Experiment> {
    const experiment = await this.get(scope, id);
    if (experiment) return experiment;
    const { code, message, hint } = experimentNotFound();
    throw new CodedError({ code, message, ...(hint === null ? {} : { fix: hint }) });
  }

  /** Newest first. */
  async list({ teamId }: TeamScope, request: PageRequest, filter: ExperimentFilter): Promise<Page<Experiment>> {
    const first = pageSize(request.first);
    const after = decodeCursor(request.after, idKeySchema);
    const { modelId, state, methodName } = filter;
    if (modelId !== null && !isUuid(modelId)) return { edges: [], hasNextPage: false, totalCount: 0 };
    const where: Prisma.ExperimentWhereInput = {
      teamId,
      ...(modelId === null ? {} : { modelId }),
      ...(state === null ? {} : { state }),
      ...(methodName === null ? {} : { methodName }),
    };
    const [rows, totalCount] = await Promise.all([
      this.db.experiment.findMany({
        where: after ? { AND: [where, { id: { lt: after } }] } : where,
        orderBy: { id: 'desc' },
        take: first + 1,
      }),
      this.db.experiment.count({ where }),
    ]);
    return pageOf(rows, { first, totalCount, keyOf: ({ id }) => id });
  }

  /** Stages of several experiments in pipeline order, for a loader. */
  stagesOf({ teamId }: TeamScope, experimentIds: readonly string[]): Promise<Stage[]> {
    return this.db.stage.findMany({
      where: { experimentId: { in: [...experimentIds] }, experiment: { teamId } },
      orderBy: { position: 'asc' },
    });
  }

  /** Events after a sequence number. */
  async events(
    { teamId }: TeamScope,
    experimentId: string,
    request: { readonly after: number; readonly first: number },
  ): Promise<{ readonly nodes: ExperimentEvent[]; readonly hasNextPage: boolean }> {
    const first = pageSize(request.first);
    const rows = await this.db.experimentEvent.findMany({
      where: { experimentId, seq: { gt: request.after }, experiment: { teamId } },
      orderBy: { seq: 'asc' },
      take: first + 1,
    });
    return { nodes: rows.slice(0, first), hasNextPage: rows.length > first };
  }

  /** Every candidate the search logged, in order. */
  async candidates({ teamId }: TeamScope, experimentId: string): Promise<Candidate[]> {
    const rows = await this.db.experimentEvent.findMany({
      where: { experimentId, kind: 'candidate', experiment: { teamId } },
      orderBy: { seq: 'asc' },
    });
    return rows.map(({ data }) => candidateSchema.parse(data));
  }

  /**
   * Asks for the end of an experiment. One that no worker has touched is over at once; of a running one the worker ends the
   * processes first. Asking again, or after the end, changes nothing (I-10).
   */
  async cancel(
    { teamId }: TeamScope,
    id: string,
  ): Promise<{ readonly experiment: Experiment | null; readonly userErrors: readonly UserError[] }> {
    const experiment = isUuid(id) ? await this.db.$transaction((tx) => cancelOnce(tx, teamId, id)) : null;
    return experiment ? { experiment, userErrors: [] } : { experiment: null, userErrors: [experimentNotFound()] };
  }
}

const candidateSchema: z.ZodType<Candidate> = z.object({
  index: z.int(),
  first: z.int(),
  last: z.int(),
  plan: z.string(),
  /** Searches of before there was a choice measured similarities. */
  quantity: z.enum(['cosine', 'perplexity']).default('cosine'),
  similarity: z.number(),
  accepted: z.boolean().nullable(),
  layerForwards: z.int(),
  cached: z.boolean(),
});

async function cancelOnce(tx: Prisma.TransactionClient, teamId: string, id: string): Promise<Experiment | null> {
  // The row lock orders us against claims and closings: the fence of the worker is an update of the same row.
  await tx.$executeRaw`
    UPDATE experiment SET cancel_requested_at = coalesce(cancel_requested_at, now())
    WHERE id = ${id}::uuid AND team_id = ${teamId}::uuid AND state IN ('QUEUED', 'RUNNING')`;
  const experiment = await tx.experiment.findFirst({ where: { id, teamId } });
  // One that was given back with a checkpoint is for a worker, which takes the checkpoint away, too.
  if (experiment?.state !== 'QUEUED' || experiment.checkpointId !== null) return experiment;
  const finishedAt = new Date();
  await tx.stage.updateMany({
    where: { experimentId: id, state: { in: ['PENDING', 'RUNNING'] } },
    data: { state: 'CANCELLED', finishedAt },
  });
  const cancelled = await tx.experiment.update({
    where: { id },
    data: { state: 'CANCELLED', finishedAt, leaseExpiresAt: null, eventSeq: { increment: 1 } },
  });
  const data = { to: 'CANCELLED', attempt: cancelled.attempt };
  await tx.experimentEvent.create({ data: { experimentId: id, seq: cancelled.eventSeq, kind: 'state', data } });
  return cancelled;
}

/** `EXPERIMENT.NOT_FOUND`: no such experiment of this team. */
const experimentNotFound = (): UserError => ({
  code: 'EXPERIMENT.NOT_FOUND',
  field: ['id'],
  message: 'There is no experiment of that id.',
  hint: 'Query experiments for the ids there are.',
});
