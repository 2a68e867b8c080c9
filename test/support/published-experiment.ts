import { createHash, randomUUID } from 'node:crypto';
import { planId } from '@swm/core';
import { enumNameOf } from '@swm/core/method';
import { formatPlan, type LayerPlan, outputDepth, parsePlan, planJson, RELEASED_RULE } from '@swm/core/plan';
import {
  createProtocol,
  type Protocol,
  protocolId,
  protocolJson,
  protocolLabel,
  requestedTasks,
  TASKS,
  taskProtocolId,
  taskProtocolJson,
  taskProtocolsOf,
} from '@swm/eval/protocol';
import type { Prisma, PrismaClient } from '../../apps/server/src/db/generated/client.js';
import { type LaunchRequest, STAGE_NAMES } from '../../apps/server/src/db/launch-request.js';
import { deriveEntry } from '../../apps/server/src/db/leaderboard-entry.js';

/** Questions a task in these rows. */
export const QUESTIONS = 40;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const json = (value: unknown): Prisma.InputJsonValue => JSON.parse(JSON.stringify(value));

export const MINI: Protocol = createProtocol({
  name: 'MINI',
  data: 'BUILTIN',
  limit: null,
  // Every task name is an entry.
  dataSha256: Object.fromEntries(TASKS.map(({ name }) => [name, sha256(name)])) as Record<
    (typeof TASKS)[number]['name'],
    string
  >,
});

/** Bit i set: question i right. The first `right` questions, or, shifted, others. */
function bitset(right: number, shift = 0): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(QUESTIONS / 8));
  for (let i = 0; i < right; i += 1) {
    const at = (i + shift) % QUESTIONS;
    bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  }
  return bits;
}

/** The rows of a protocol and its tasks, as resolve-model leaves them; tells a task's protocol by its name. */
export async function writeProtocol(
  tx: Prisma.TransactionClient,
  protocol: Protocol,
): Promise<(task: string) => string> {
  const { name, data, limit } = protocol;
  await tx.protocol.createMany({
    data: [
      {
        id: protocolId(protocol),
        name,
        data,
        limit,
        label: protocolLabel(protocol),
        json: JSON.parse(protocolJson(protocol)),
      },
    ],
    skipDuplicates: true,
  });
  const tasks = taskProtocolsOf(protocol).map((task) => ({
    ...{ id: taskProtocolId(task), task: task.task, json: JSON.parse(taskProtocolJson(task)) },
  }));
  await tx.taskProtocol.createMany({ data: tasks, skipDuplicates: true });
  await tx.protocolTask.createMany({
    data: tasks.map(({ id }) => ({ protocolId: protocolId(protocol), taskProtocolId: id })),
    skipDuplicates: true,
  });
  return (wanted) => tasks.find(({ task }) => task === wanted)?.id ?? '';
}

/** Rows as the stages of one finished experiment leave them, its publish included; `right` of 40 questions of each task are right. */
export async function writePublishedExperiment(
  db: PrismaClient,
  options: {
    readonly teamId: string;
    readonly modelId: string;
    readonly method: LaunchRequest['method'];
    readonly planText: string;
    readonly right: number;
    readonly shift?: number;
    readonly latencyMs?: readonly number[] | null;
    readonly protocol?: Protocol;
    /** What always giving the commonest answer scores, by task; half where not named, null as in old rows. */
    readonly majorityRates?: Readonly<Record<string, number | null>>;
  },
): Promise<string> {
  const {
    teamId,
    modelId,
    method,
    right,
    shift = 0,
    latencyMs = [100, 110, 120],
    protocol = MINI,
    majorityRates = {},
  } = options;
  const model = await db.model.findUniqueOrThrow({ where: { id: modelId } });
  const plan: LayerPlan = parsePlan(options.planText, RELEASED_RULE);
  const removed = BigInt(model.depth - outputDepth(plan)) * model.layerParameterCount;
  const weightsDigest = sha256(`${planId(plan)} ${right} ${shift}`);
  const request: LaunchRequest = {
    ...{ modelId, method, latency: latencyMs ? 'QUICK' : 'NONE', stopAfter: 'publish', engine: 'auto' },
    calibration: { source: 'BUILTIN', samples: 2, tokens: 8, seed: 1, addBos: false },
    protocol: { name: protocol.name, data: protocol.data, limit: protocol.limit },
  };
  return db.$transaction(async (tx) => {
    await tx.plan.createMany({
      data: [
        {
          ...{ id: planId(plan), text: formatPlan(plan), json: JSON.parse(planJson(plan)) },
          ...{ sourceDepth: plan.sourceDepth, outputDepth: outputDepth(plan) },
        },
      ],
      skipDuplicates: true,
    });
    const idOf = await writeProtocol(tx, protocol);
    const facts = { weightsDigest, folder: '/nowhere', sizeBytes: model.sizeBytes - 2n * removed };
    const checkpoint = await tx.checkpoint.create({
      data: {
        ...facts,
        modelId,
        planId: planId(plan),
        recoveryId: randomUUID(),
        parameterCount: model.parameterCount - removed,
      },
    });
    const engine = { name: 'tfjs', backend: 'wasm', package: 'p@1', device: 'cpu', dtype: 'f32' };
    const outputs = {
      calibrate: {
        sha256: sha256('tokens'),
        samples: 2,
        tokens: 8,
        tokenIds: [
          [1, 2, 3, 4, 5, 6, 7, 8],
          [8, 7, 6, 5, 4, 3, 2, 1],
        ],
      },
      'search-plan': {
        ...{
          planId: planId(plan),
          plan: JSON.parse(planJson(plan)),
          text: formatPlan(plan),
          outputDepth: outputDepth(plan),
        },
        ...{
          candidates: 1,
          evaluations: 1,
          layerForwards: 12,
          threshold: method.name === 'swm' ? 0.8125 : null,
          engine,
        },
      },
      evaluate: {
        protocolId: protocolId(protocol),
        wasReused: false,
        questionCount: protocol.tasks.length * QUESTIONS,
        scores: [],
        run: null,
      },
      ...(latencyMs
        ? {
            'benchmark-latency': {
              protocol: 'QUICK',
              machineId: 'm',
              machine: {},
              samplesMs: [1],
              promptTokens: 1,
              newTokens: 1,
              wasReused: false,
            },
          }
        : {}),
    };
    const experiment = await tx.experiment.create({
      data: {
        ...{ teamId, modelId, request: json(request), requestHash: randomUUID(), planId: planId(plan), engine },
        ...{
          methodName: enumNameOf(method.name),
          latencyProtocol: request.latency,
        },
        ...{
          checkpointId: checkpoint.id,
          protocolId: protocolId(protocol),
          state: 'SUCCEEDED',
          attempt: 1,
          layerForwards: 12,
          eventSeq: 2,
        },
        stages: {
          create: STAGE_NAMES.filter((stage) => stage !== 'analyse-layers').map((stage, position) => ({
            ...{ name: stage, position, state: 'DONE' as const, runs: 1, finishedAt: new Date() },
            ...(stage in outputs ? { output: json(outputs[stage as keyof typeof outputs]) } : {}),
          })),
        },
        events: {
          create: [
            { seq: 1, kind: 'state', data: { to: 'QUEUED' } },
            {
              ...{ seq: 2, kind: 'candidate', stage: 'search-plan' },
              data: {
                index: 0,
                first: 4,
                last: 5,
                plan: '0-3 [4-5]',
                similarity: 0.9,
                accepted: true,
                layerForwards: 12,
                cached: false,
              },
            },
          ],
        },
      },
    });
    const value = right / QUESTIONS;
    const scored = requestedTasks({ tasks: protocol.tasks.map(({ name }) => name) });
    const about = { n: QUESTIONS, harnessVersion: '0.4.13', taskVersion: '1', taskHash: sha256('task') };
    await tx.score.createMany({
      data: scored.flatMap(({ name: task, metrics }) =>
        metrics.map((metric) => ({
          ...{ weightsDigest, taskProtocolId: idOf(task), task, metric, value, ...about },
          stderr: Math.sqrt((value * (1 - value)) / (QUESTIONS - 1)),
          majorityRate: majorityRates[task] === undefined ? 0.5 : majorityRates[task],
        })),
      ),
      skipDuplicates: true,
    });
    await tx.scoreItems.createMany({
      data: scored.map(({ name: task, metrics }) => ({
        ...{ weightsDigest, taskProtocolId: idOf(task), task, n: QUESTIONS },
        correct: bitset(right, shift),
        correctNorm: metrics.length === 2 ? bitset(right, shift) : null,
        choiceCounts: new Uint8Array(QUESTIONS).fill(2),
        logLikelihoods: new Uint8Array(8 * QUESTIONS),
      })),
      skipDuplicates: true,
    });
    if (latencyMs) {
      const machine = {
        host: 'secret-host',
        cpu: 'Processor',
        gpu: null,
        cores: 2,
        torch: '2.13',
        transformers: '5.23',
        dtype: 'f32',
      };
      await tx.latency.createMany({
        data: [
          {
            weightsDigest,
            machineId: 'm',
            protocol: 'QUICK',
            machine,
            samplesMs: [...latencyMs],
            promptTokens: 12,
            newTokens: 10,
          },
        ],
        skipDuplicates: true,
      });
    }
    await deriveEntry(tx, experiment.id);
    return experiment.id;
  });
}
