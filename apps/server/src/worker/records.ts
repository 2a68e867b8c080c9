import { access } from 'node:fs/promises';
import { CodedError } from '@swm/core/errors';
import { readPlanJson } from '@swm/core/plan';
import { Prisma } from '../db/generated/client.js';
import type { StageName } from '../db/launch-request.js';
import { layerSimilarityFiguresSchema } from '../db/layer-similarity-figures.js';
import { deriveEntry } from '../db/leaderboard-entry.js';
import { planRow } from '../db/plan-row.js';
import { type StageOutputs, stageOutputSchemas } from '../db/stage-outputs.js';
import { hideFolder, lockFolder } from './retire-checkpoint.js';
import type { StageRecords } from './stage.js';

type Transaction = Prisma.TransactionClient;

/** Whose rows are written. */
export interface RecordOwner {
  readonly experimentId: string;
  readonly workerId: string;
}

type Writers = {
  readonly [Name in StageName]: (
    tx: Transaction,
    owner: RecordOwner,
    output: StageOutputs[Name],
    records: StageRecords,
  ) => Promise<void>;
};

/** `STORAGE.CHECKPOINT_GONE`: another experiment's cancel removed the checkpoint between finding and using it. */
const checkpointGone = (cause: unknown): CodedError =>
  new CodedError({
    code: 'STORAGE.CHECKPOINT_GONE',
    message: 'The checkpoint was removed while this experiment was about to use it.',
    fix: 'Nothing to do: it is exported again. If it keeps happening, look for what deletes folders under SWM_HOME.',
    retryable: true,
    cause,
  });

const writers: Writers = {
  'resolve-model': async (tx, { experimentId }, output, { protocol }) => {
    const { modelId } = await tx.experiment.findUniqueOrThrow({
      where: { id: experimentId },
      select: { modelId: true },
    });
    // A built-in model is registered before it is converted; from now on it is pinned.
    await tx.model.updateMany({
      where: { id: modelId, revision: null },
      data: {
        revision: output.revision,
        folder: output.folder,
        architecture: output.architecture,
        depth: output.depth,
        parameterCount: BigInt(output.parameterCount),
        layerParameterCount: BigInt(output.layerParameterCount),
        sizeBytes: BigInt(output.sizeBytes),
      },
    });
    if (!protocol) return;
    const { id, name, data, limit, label, json, tasks } = protocol;
    // JSON by construction: the canonical form the id is the hash of.
    const row = { id, name, data, limit, label, json: json as Prisma.InputJsonValue };
    await tx.protocol.createMany({ data: [row], skipDuplicates: true });
    await tx.taskProtocol.createMany({
      data: tasks.map((task) => ({ ...task, json: task.json as Prisma.InputJsonValue })), // As above.
      skipDuplicates: true,
    });
    await tx.protocolTask.createMany({
      data: tasks.map((task) => ({ protocolId: id, taskProtocolId: task.id })),
      skipDuplicates: true,
    });
    await tx.experiment.update({ where: { id: experimentId }, data: { protocolId: id } });
  },

  calibrate: async () => {},

  'analyse-layers': async (tx, { experimentId, workerId }, { engine, layerForwards }, { layerSimilarity }) => {
    const experiment = await tx.experiment.findUniqueOrThrow({
      where: { id: experimentId },
      select: { modelId: true, stages: { where: { name: 'calibrate' } } },
    });
    const { sha256 } = stageOutputSchemas.calibrate.parse(experiment.stages[0]?.output);
    const key = { modelId: experiment.modelId, calibrationSha256: sha256 };
    const facts = {
      experimentId,
      engine: { ...engine },
      figures: layerSimilarityFiguresSchema.parse(layerSimilarity),
      measuredAt: new Date(),
    };
    // What was measured last counts: another engine may have been asked for on purpose.
    await tx.layerSimilarity.upsert({
      where: { modelId_calibrationSha256: key },
      create: { ...key, ...facts },
      update: facts,
    });
    await tx.experiment.update({ where: { id: experimentId }, data: { layerForwards, engine: { ...engine } } });
    await tx.worker.updateMany({ where: { id: workerId }, data: { engine: { ...engine } } });
  },

  'search-plan': async (tx, { experimentId, workerId }, output) => {
    await tx.plan.createMany({ data: [planRow(readPlanJson(output.plan))], skipDuplicates: true });
    const engine = output.engine === null ? {} : { engine: { ...output.engine } };
    await tx.experiment.update({
      where: { id: experimentId },
      data: { planId: output.planId, layerForwards: output.layerForwards, ...engine },
    });
    await tx.worker.updateMany({ where: { id: workerId }, data: engine });
  },

  'export-checkpoint': async (tx, { experimentId }, output) => {
    const { modelId, planId } = await tx.experiment.findUniqueOrThrow({
      where: { id: experimentId },
      select: { modelId: true, planId: true },
    });
    if (planId === null) throw new Error('export-checkpoint closed before search-plan');
    const facts = {
      weightsDigest: output.weightsDigest,
      folder: output.folder,
      sizeBytes: BigInt(output.sizeBytes),
      parameterCount: BigInt(output.parameterCount),
      loadProof: output.loadProof ?? Prisma.DbNull,
      discardedAt: null,
    };
    await lockFolder(tx, output.folder);
    const key = { modelId, planId, recoveryId: 'none' };
    const { id } = await tx.checkpoint.upsert({
      where: { modelId_planId_recoveryId: key },
      create: { ...key, ...facts },
      update: facts,
      select: { id: true },
    });
    // The lock waited for a cancel or a clean-up that was taking the same folder away; what it left decides.
    await access(output.folder).catch((error: unknown) => {
      throw checkpointGone(error);
    });
    await tx.experiment.update({ where: { id: experimentId }, data: { checkpointId: id, reservedBytes: null } });
  },

  evaluate: async (tx, { experimentId }, output, { scoreItems = [], perplexities = [] }) => {
    const weightsDigest = await digestOf(tx, experimentId);
    const idOf = await taskProtocolIds(tx, output.protocolId);
    await tx.score.createMany({
      data: output.scores.map((score) => ({ weightsDigest, taskProtocolId: idOf(score.task), ...score })),
      skipDuplicates: true,
    });
    await tx.scoreItems.createMany({
      data: scoreItems.map((items) => ({
        weightsDigest,
        taskProtocolId: idOf(items.task),
        task: items.task,
        n: items.n,
        correct: Uint8Array.from(items.correct),
        correctNorm: items.correctNorm && Uint8Array.from(items.correctNorm),
        choiceCounts: Uint8Array.from(items.choiceCounts),
        logLikelihoods: Uint8Array.from(items.logLikelihoods),
      })),
      skipDuplicates: true,
    });
    await tx.perplexity.createMany({
      data: perplexities.map(({ segmentLosses, ...perplexity }) => ({
        ...{ weightsDigest, taskProtocolId: idOf(perplexity.text), ...perplexity },
        segmentLosses: Uint8Array.from(segmentLosses),
      })),
      skipDuplicates: true,
    });
    await tx.taskEvaluation.updateMany({ where: { experimentId, doneAt: null }, data: { doneAt: new Date() } });
  },

  'benchmark-latency': async (tx, { experimentId }, output) => {
    const weightsDigest = await digestOf(tx, experimentId);
    const { wasReused: _, machine, ...latency } = output;
    // JSON by the stage's schema.
    const row = { weightsDigest, ...latency, machine: machine as Prisma.InputJsonValue };
    await tx.latency.createMany({ data: [row], skipDuplicates: true });
  },

  publish: async (tx, { experimentId }) => {
    await deriveEntry(tx, experimentId);
  },
};

/** Writes the rows that belong to a closed stage, in the transaction that closes it. Safe to repeat: rows that exist stay. */
export async function writeRecords<Name extends StageName>(
  tx: Transaction,
  owner: RecordOwner,
  name: Name,
  output: StageOutputs[Name],
  records: StageRecords,
): Promise<void> {
  await writers[name](tx, owner, output, records);
}

/** The id of what each task of a protocol means. */
async function taskProtocolIds(tx: Transaction, protocolId: string): Promise<(task: string) => string> {
  const tasks = await tx.taskProtocol.findMany({
    where: { protocols: { some: { protocolId } } },
    select: { id: true, task: true },
  });
  const ids = new Map(tasks.map(({ id, task }) => [task, id]));
  return (task) => {
    const id = ids.get(task);
    if (id === undefined) throw new Error(`a score of ${task}, which is no task of the protocol`);
    return id;
  };
}

async function digestOf(tx: Transaction, experimentId: string): Promise<string> {
  const { checkpoint } = await tx.experiment.findUniqueOrThrow({
    where: { id: experimentId },
    select: { checkpoint: { select: { weightsDigest: true } } },
  });
  if (!checkpoint) throw new Error('a result without a checkpoint');
  return checkpoint.weightsDigest;
}

/**
 * Takes a cancelled experiment's checkpoint away unless others use it. Returns the folder to delete, renamed out of sight
 * while the row is locked; null where nothing is to be deleted (shared, or the source model itself).
 */
export async function dropUnsharedCheckpoint(tx: Transaction, experimentId: string): Promise<string | null> {
  const { checkpointId, checkpoint } = await tx.experiment.findUniqueOrThrow({
    where: { id: experimentId },
    select: { checkpointId: true, checkpoint: { select: { folder: true } } },
  });
  if (checkpointId === null || !checkpoint) return null;
  // Before the row, as an export does that is about to close.
  await lockFolder(tx, checkpoint.folder);
  await tx.$queryRaw`SELECT id FROM checkpoint WHERE id = ${checkpointId}::uuid FOR UPDATE`;
  await tx.experiment.update({ where: { id: experimentId }, data: { checkpointId: null } });
  const { folder, experiments, model } = await tx.checkpoint.findUniqueOrThrow({
    where: { id: checkpointId },
    include: { experiments: { take: 1 }, model: true },
  });
  if (experiments.length > 0) return null;
  await tx.checkpoint.delete({ where: { id: checkpointId } });
  const isShared = (await tx.checkpoint.count({ where: { folder } })) > 0;
  if (isShared || folder === model.folder) return null;
  return hideFolder(folder);
}
