import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const finite = z.number();

export const engineInfoSchema = z.object({
  name: z.enum(['tfjs', 'torch']),
  backend: z.string(),
  package: z.string(),
  device: z.enum(['cpu', 'gpu']),
  dtype: z.enum(['f32', 'bf16', 'f16']),
  tf32: z.boolean().optional(),
  deviceName: z.string().optional(),
  threads: z.int().optional(),
  batchSamples: z.int().optional(),
  fallbackReason: z.string().optional(),
});

/** LayerPlan v1 as JSON; `readPlanJson` of `@swm/core/plan` checks its invariants. */
const planJsonSchema = z.record(z.string(), z.unknown());

export const scoreSchema = z.object({
  task: z.string(),
  metric: z.string(),
  value: z.number().min(0).max(1),
  stderr: z.number().min(0).nullable(),
  n: z.int().min(1),
  harnessVersion: z.string(),
  taskVersion: z.string(),
  taskHash: z.string(),
  /** What always giving the commonest right choice scores; null in what was stored before it was known. */
  majorityRate: z.number().gt(0).max(1).nullable().default(null),
});

/** One lm-eval process as it ran: the evidence behind the scores. */
export const evaluationRunSchema = z.object({
  argv: z.array(z.string()),
  pid: z.int(),
  exitCode: z.int(),
  resultsFile: z.string(), // relative to the experiment's folder
  resultsSha256: sha256,
  harnessVersion: z.string(),
  truncations: z.int(),
  durationMs: finite,
});

/**
 * What each stage leaves behind: small JSON, validated when written and when read.
 * Big integers (bytes, parameters) are decimal strings.
 */
export const stageOutputSchemas = {
  'resolve-model': z.object({
    folder: z.string(),
    revision: sha256,
    architecture: z.string(),
    depth: z.int(),
    parameterCount: z.string(),
    layerParameterCount: z.string(),
    sizeBytes: z.string(),
  }),
  calibrate: z.object({
    sha256,
    samples: z.int(),
    tokens: z.int(),
    tokenIds: z.array(z.array(z.int())),
  }),
  /** The matrices themselves are rows of `layer_similarity`. */
  'analyse-layers': z.object({
    layerForwards: z.int(),
    engine: engineInfoSchema,
  }),
  'search-plan': z.object({
    planId: sha256,
    plan: planJsonSchema,
    text: z.string(),
    outputDepth: z.int(),
    candidates: z.int(),
    evaluations: z.int(),
    layerForwards: z.int(),
    /** The threshold that gave the plan (given, or found by bisection); null for methods without one. */
    threshold: z.number().nullable(),
    /** null when the method needed no engine (dense). */
    engine: engineInfoSchema.nullable(),
  }),
  'export-checkpoint': z.object({
    folder: z.string(),
    weightsDigest: sha256,
    sizeBytes: z.string(),
    parameterCount: z.string(),
    isIdentity: z.boolean(),
  }),
  evaluate: z.object({
    protocolId: sha256,
    /** True when the same weights had been evaluated under the same protocol before. */
    wasReused: z.boolean(),
    questionCount: z.int(),
    scores: z.array(scoreSchema),
    run: evaluationRunSchema.nullable(),
  }),
  'benchmark-latency': z.object({
    protocol: z.enum(['QUICK', 'PAPER']),
    machineId: z.string(),
    machine: z.record(z.string(), z.unknown()),
    samplesMs: z.array(z.number().positive()),
    promptTokens: z.int(),
    newTokens: z.int(),
    wasReused: z.boolean(),
  }),
  publish: z.object({ mean: finite, meanStderr: finite }),
} as const;

export type StageOutputs = { [Name in keyof typeof stageOutputSchemas]: z.infer<(typeof stageOutputSchemas)[Name]> };

/** Progress of a running stage as stored and shown. */
export const stageProgressSchema = z.object({
  done: z.int().min(0),
  total: z.int().min(0).nullable(),
  unit: z.string(),
  secondsLeft: z.number().nullable(),
  note: z.string().nullable(),
});
export type StageProgress = z.infer<typeof stageProgressSchema>;
