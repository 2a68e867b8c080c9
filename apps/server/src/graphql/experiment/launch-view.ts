import { inputFieldOf, METHODS } from '@swm/core/method';
import type { LaunchInput } from '../../services/launch-input.js';
import type { CalibrationInput, LaunchExperimentInput } from './experiment.input.js';
import { StageName } from './experiment.type.js';

const ENGINES = { AUTO: 'auto', TENSORFLOW: 'tensorflow', WASM: 'wasm', TORCH: 'torch' } as const;
const STAGES = {
  RESOLVE_MODEL: 'resolve-model',
  CALIBRATE: 'calibrate',
  ANALYSE_LAYERS: 'analyse-layers',
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
  addBos: null,
} as const;
const DEFAULT_PROTOCOL = { name: 'MINI', data: 'BUILTIN', limit: null } as const;

/** The API's name of a stage. */
export function stageNameOf(name: string): StageName {
  const found = (Object.keys(STAGES) as StageName[]).find((key) => STAGES[key] === name); // Keys of a record of StageName.
  if (!found) throw new Error(`unknown stage ${name}`);
  return found;
}

/** The options given to a method as core names them: enum values as kebab-case words; what is null or says `enabled` is left out. */
function optionsOf(method: (typeof METHODS)[number], given: object): Readonly<Record<string, unknown>> {
  const choices = new Set(method.options.filter(({ kind }) => kind === 'choice').map(({ name }) => name));
  const entries = Object.entries(given).filter(([name, value]) => name !== 'enabled' && (value ?? null) !== null);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      choices.has(name) ? String(value).toLowerCase().replaceAll('_', '-') : value,
    ]),
  );
}

/** Every method that the input names and does not disable. */
function methodsOf(input: LaunchExperimentInput['method']): LaunchInput['methods'] {
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(input));
  return METHODS.flatMap((method) => {
    const given = fields.get(inputFieldOf(method.name));
    if (typeof given !== 'object' || given === null || ('enabled' in given && given.enabled === false)) return [];
    return [{ name: method.name, options: optionsOf(method, given) }];
  });
}

const calibrationOf = (calibration: CalibrationInput | null | undefined): LaunchInput['calibration'] =>
  calibration
    ? { ...calibration, file: calibration.file ?? null, addBos: calibration.addBos ?? null }
    : DEFAULT_CALIBRATION;

/** The mutation's input with its defaults written out. */
export function launchInputOf(input: LaunchExperimentInput): LaunchInput {
  const { method, target, calibration, protocol } = input;
  return {
    modelId: input.modelId,
    methods: methodsOf(method),
    target: target
      ? { layers: target.layers ?? null, ratio: target.ratio ?? null, params: target.params ?? null }
      : null,
    calibration: calibrationOf(calibration),
    protocol: protocol ? { ...protocol, limit: protocol.limit ?? null } : DEFAULT_PROTOCOL,
    latency: input.latency,
    stopAfter: STAGES[input.stopAfter],
    engine: ENGINES[input.engine],
    idempotencyKey: input.idempotencyKey ?? null,
  };
}

/** An analysis of layers as a launch: of the dense model, which ends there. */
export function analysisInputOf(input: {
  readonly modelId: string;
  readonly calibration?: CalibrationInput | null;
  readonly engine: LaunchExperimentInput['engine'];
  readonly idempotencyKey?: string | null;
}): LaunchInput {
  return {
    modelId: input.modelId,
    methods: [{ name: 'dense', options: {} }],
    target: null,
    calibration: calibrationOf(input.calibration),
    protocol: DEFAULT_PROTOCOL,
    latency: 'NONE',
    stopAfter: 'analyse-layers',
    engine: ENGINES[input.engine],
    idempotencyKey: input.idempotencyKey ?? null,
  };
}
