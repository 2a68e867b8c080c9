import type { LaunchInput } from '../../services/launch-input.js';
import type { LaunchExperimentInput } from './experiment.input.js';
import { StageName } from './experiment.type.js';

const PROFILES = { RELEASED: 'released', REPAIRED: 'repaired' } as const;
const ENGINES = { AUTO: 'auto', TENSORFLOW: 'tensorflow', WASM: 'wasm', TORCH: 'torch' } as const;
const STAGES = {
  RESOLVE_MODEL: 'resolve-model',
  CALIBRATE: 'calibrate',
  SEARCH_PLAN: 'search-plan',
  EXPORT_CHECKPOINT: 'export-checkpoint',
  EVALUATE: 'evaluate',
  BENCHMARK_LATENCY: 'benchmark-latency',
  PUBLISH: 'publish',
} as const satisfies Record<StageName, LaunchInput['stopAfter']>;

const DEFAULT_CALIBRATION = {
  source: 'BUILTIN',
  file: null,
  samples: 10,
  tokens: 128,
  seed: 1234,
  addBos: false,
} as const;
const DEFAULT_PROTOCOL = { name: 'MINI', data: 'BUILTIN', limit: null } as const;

/** The API's name of a stage. */
export function stageNameOf(name: string): StageName {
  const found = (Object.keys(STAGES) as StageName[]).find((key) => STAGES[key] === name); // Keys of a record of StageName.
  if (!found) throw new Error(`unknown stage ${name}`);
  return found;
}

/** The mutation's input with its defaults written out. */
export function launchInputOf(input: LaunchExperimentInput): LaunchInput {
  const { method, target, calibration, protocol } = input;
  const { swm } = method;
  return {
    modelId: input.modelId,
    method: {
      swm: swm ? { profile: PROFILES[swm.profile], threshold: swm.threshold ?? null } : null,
      shortGpt: method.shortGpt?.enabled ? {} : null,
      dense: method.dense?.enabled ? {} : null,
    },
    target: target
      ? { layers: target.layers ?? null, ratio: target.ratio ?? null, params: target.params ?? null }
      : null,
    calibration: calibration ? { ...calibration, file: calibration.file ?? null } : DEFAULT_CALIBRATION,
    protocol: protocol ? { ...protocol, limit: protocol.limit ?? null } : DEFAULT_PROTOCOL,
    latency: input.latency,
    stopAfter: STAGES[input.stopAfter],
    engine: ENGINES[input.engine],
    idempotencyKey: input.idempotencyKey ?? null,
  };
}
