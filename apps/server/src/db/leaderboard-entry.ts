import { CodedError } from '@swm/core/errors';
import { METHODS, type MethodRequest } from '@swm/core/method';
import { meanScore } from '@swm/eval/scoreboard';
import { z } from 'zod';
import type { Prisma, PrismaClient } from './generated/client.js';
import { launchRequestSchema } from './launch-request.js';
import {
  engineInfoSchema,
  loadProofSchema,
  perplexityFigure,
  perplexitySchema,
  scoreSchema,
  stageOutputSchemas,
} from './stage-outputs.js';

/** The latency of a row: raw samples; what is shown is derived when it is shown. */
export const latencyFigureSchema = z.object({
  protocol: z.enum(['QUICK', 'PAPER']),
  samplesMs: z.array(z.number().positive()).min(1),
  promptTokens: z.int(),
  newTokens: z.int(),
  machine: z.record(z.string(), z.unknown()),
});
export type LatencyFigure = z.infer<typeof latencyFigureSchema>;

/** Everything a row of the board shows beside its own columns, so that a page of rows is one index scan. */
export const leaderboardFiguresSchema = z.object({
  method: z.object({
    name: z.enum(METHODS.map(({ name }) => name)),
    profile: z.enum(['released', 'repaired']).nullable(),
    threshold: z.number().nullable(),
    /** Every other option as text, in the order of the method's own list; rows of before there were any have none. */
    options: z.array(z.object({ name: z.string(), value: z.string(), isDefault: z.boolean() })).default([]),
  }),
  /** LayerPlan v1. */
  plan: z.record(z.string(), z.unknown()),
  scores: z.array(scoreSchema).min(1),
  perplexities: z.array(perplexitySchema).default([]),
  latency: latencyFigureSchema.nullable(),
  engine: engineInfoSchema.nullable(),
  /** null of the dense model, which is not exported, and of rows of before there were any. */
  loadProof: loadProofSchema.nullable().default(null),
});
export type LeaderboardFigures = z.infer<typeof leaderboardFiguresSchema>;

/** The tasks of a protocol and which metric of each enters the mean. */
export const protocolTasksSchema = z.object({
  tasks: z.array(z.object({ name: z.string(), headline: z.enum(['acc', 'acc_norm']) })).min(1),
});

/** `SCORE.INCOMPLETE`: something a row of the board needs is not in the tables. */
const incomplete = (what: string): CodedError =>
  new CodedError({
    code: 'SCORE.INCOMPLETE',
    message: `The experiment cannot be published: ${what} is missing.`,
    fix: 'Launch it again with an evaluation; a row is published whole or not at all.',
  });

/** What method an experiment used, with the threshold that gave its plan (asked for, or found for a target). */
export function methodFigure(request: unknown, foundThreshold: number | null): LeaderboardFigures['method'] {
  const { method } = launchRequestSchema.parse(request);
  return {
    name: method.name,
    profile: method.name === 'swm' ? (method.profile ?? null) : null,
    threshold: ('threshold' in method ? method.threshold : undefined) ?? foundThreshold,
    options: optionsOf(method),
  };
}

function optionsOf(method: MethodRequest): LeaderboardFigures['method']['options'] {
  const given: ReadonlyMap<string, unknown> = new Map(Object.entries(method));
  const known = METHODS.find(({ name }) => name === method.name)?.options ?? [];
  return known.flatMap(({ name, default: preset }) => {
    if (name === 'profile' || name === 'threshold' || !given.has(name)) return [];
    const value = String(given.get(name));
    return [{ name, value, isDefault: value === preset }];
  });
}

/**
 * Derives an experiment's row of the board from the tables and writes it, in the transaction that closes `publish`; the same
 * tables give the same row again. Returns its mean. Throws `SCORE.INCOMPLETE` or `SCORE.INVALID`, never a partial row.
 */
export async function deriveEntry(
  tx: Prisma.TransactionClient,
  experimentId: string,
): Promise<{ readonly mean: number; readonly meanStderr: number }> {
  const experiment = await tx.experiment.findUniqueOrThrow({
    where: { id: experimentId },
    include: { model: true, plan: true, checkpoint: true, protocol: true, stages: true },
  });
  const { model, plan, checkpoint, protocol } = experiment;
  if (!plan) throw incomplete('the plan');
  if (!checkpoint) throw incomplete('the checkpoint');
  if (!protocol) throw incomplete('the protocol');
  const outputs = new Map(experiment.stages.map(({ name, output }) => [name, output]));
  const publishedAt = experiment.stages.find(({ name }) => name === 'publish')?.finishedAt;
  if (!publishedAt) throw new Error('an entry is derived when `publish` closes, not before');

  const where = {
    weightsDigest: checkpoint.weightsDigest,
    taskProtocol: { protocols: { some: { protocolId: protocol.id } } },
  };
  const scores = await tx.score.findMany({ where, orderBy: [{ task: 'asc' }, { metric: 'asc' }] });
  const perplexities = await tx.perplexity.findMany({ where, orderBy: { text: 'desc' } });
  const headline = headlineMean(scores, protocol.json);
  const latency = await latencyOf(tx, checkpoint.weightsDigest, outputs.get('benchmark-latency') ?? null);
  const search = stageOutputSchemas['search-plan'].parse(outputs.get('search-plan'));
  const figures: LeaderboardFigures = leaderboardFiguresSchema.parse({
    method: methodFigure(experiment.request, search.threshold),
    plan: plan.json,
    scores,
    perplexities: perplexities.map(perplexityFigure),
    latency,
    engine: experiment.engine,
    loadProof: checkpoint.loadProof,
  });
  const entry = {
    teamId: experiment.teamId,
    modelId: model.id,
    protocolId: protocol.id,
    methodName: experiment.methodName,
    planId: plan.id,
    weightsDigest: checkpoint.weightsDigest,
    outputDepth: plan.outputDepth,
    parameterCount: checkpoint.parameterCount,
    removedRatio: removedRatio(model.parameterCount, checkpoint.parameterCount),
    sizeBytes: checkpoint.sizeBytes,
    mean: headline.mean,
    meanStderr: headline.stderr,
    latencyMsMean: latency && latency.samplesMs.reduce((sum, sample) => sum + sample, 0) / latency.samplesMs.length,
    figures: figures as Prisma.InputJsonObject, // Parsed by the schema just above: plain JSON.
    publishedAt,
  };
  await tx.leaderboardEntry.upsert({ where: { experimentId }, create: { experimentId, ...entry }, update: entry });
  return { mean: headline.mean, meanStderr: headline.stderr };
}

/** Removed / all parameters, tied weights counted once. */
export const removedRatio = (before: bigint, after: bigint): number => Number(before - after) / Number(before);

function headlineMean(
  scores: readonly {
    readonly task: string;
    readonly metric: string;
    readonly value: number;
    readonly stderr: number | null;
  }[],
  protocolJson: unknown,
): { readonly mean: number; readonly stderr: number } {
  const { tasks } = protocolTasksSchema.parse(protocolJson);
  const headlines = new Map(tasks.map(({ name, headline }) => [name, headline]));
  const mean = meanScore(
    scores.filter(({ task, metric }) => headlines.get(task) === metric),
    tasks.map(({ name }) => name),
  );
  if (!mean) throw incomplete('the score of a task');
  return mean;
}

async function latencyOf(
  tx: Prisma.TransactionClient,
  weightsDigest: string,
  stageOutput: unknown,
): Promise<LatencyFigure | null> {
  if (stageOutput === null) return null; // none was asked for
  const { machineId, protocol } = stageOutputSchemas['benchmark-latency'].parse(stageOutput);
  const key = { weightsDigest, machineId, protocol };
  const row = await tx.latency.findUnique({ where: { weightsDigest_machineId_protocol: key } });
  if (!row) throw incomplete('the latency');
  const { samplesMs, promptTokens, newTokens, machine } = row;
  return latencyFigureSchema.parse({ protocol, samplesMs, promptTokens, newTokens, machine });
}

/** Derives all entries again, in one transaction: readers see the old board or the new one. Returns their number. */
export async function rebuildEntries(db: PrismaClient): Promise<number> {
  return db.$transaction(
    async (tx) => {
      const published = await tx.stage.findMany({
        where: { name: 'publish', state: 'DONE' },
        select: { experimentId: true },
        orderBy: { experimentId: 'asc' },
      });
      await tx.leaderboardEntry.deleteMany({});
      for (const { experimentId } of published) await deriveEntry(tx, experimentId);
      return published.length;
    },
    { maxWait: 15_000, timeout: 3_600_000 },
  );
}
