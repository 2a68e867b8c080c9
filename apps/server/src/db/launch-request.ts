import { z } from 'zod';

/** Order is the order of the pipeline. */
export const STAGE_NAMES = [
  'resolve-model',
  'calibrate',
  'search-plan',
  'export-checkpoint',
  'evaluate',
  'benchmark-latency',
  'publish',
] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** The method part of a launch; mirrors `MethodRequest` of `@swm/core/method`. `targetLayers` = layers kept. */
const methodSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('swm'),
    profile: z.enum(['released', 'repaired']),
    threshold: z.number().min(-1).max(1).optional(),
    targetLayers: z.int().min(1).optional(),
  }),
  z.strictObject({ name: z.literal('short-gpt'), targetLayers: z.int().min(1) }),
  z.strictObject({ name: z.literal('dense') }),
]);

/** Everything a launch asks for, defaults written out: the JSON of `Experiment.request`, and what its hash covers. */
export const launchRequestSchema = z.strictObject({
  modelId: z.uuid(),
  method: methodSchema,
  calibration: z.strictObject({
    source: z.enum(['BUILTIN', 'FILE']),
    file: z.string().optional(),
    samples: z.int().min(1).max(1024),
    tokens: z.int().min(8).max(4096),
    seed: z.int().min(0),
    addBos: z.boolean(),
  }),
  protocol: z.strictObject({
    name: z.enum(['PAPER', 'MODERN', 'MINI']),
    data: z.enum(['OFFICIAL', 'LOCAL', 'BUILTIN']),
    limit: z.int().min(1).nullable(),
  }),
  latency: z.enum(['QUICK', 'PAPER', 'NONE']),
  stopAfter: z.enum(STAGE_NAMES),
  engine: z.enum(['auto', 'tensorflow', 'wasm', 'torch']),
});
export type LaunchRequest = z.infer<typeof launchRequestSchema>;
