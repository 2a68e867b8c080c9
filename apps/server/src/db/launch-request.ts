import { readMethodRequest } from '@swm/core/method';
import { z } from 'zod';

/** Order is the order of the pipeline. Only an analysis, which ends there, has the stage `analyse-layers`. */
export const STAGE_NAMES = [
  'resolve-model',
  'calibrate',
  'analyse-layers',
  'search-plan',
  'export-checkpoint',
  'evaluate',
  'benchmark-latency',
  'publish',
] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** The method part of a launch: what `readMethodRequest` accepts, options left out by older requests filled in. */
const methodSchema = z.unknown().transform(readMethodRequest);

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

/** Whether a launch asks for a stage: none after `stopAfter`, no latency where it is `NONE`, no analysis unless it ends there. */
export function isWanted({ latency, stopAfter }: LaunchRequest, name: StageName): boolean {
  if (name === 'benchmark-latency' && latency === 'NONE') return false;
  if (name === 'analyse-layers') return stopAfter === name;
  return STAGE_NAMES.indexOf(name) <= STAGE_NAMES.indexOf(stopAfter);
}
