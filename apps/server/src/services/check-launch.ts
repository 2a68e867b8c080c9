import {
  layersOfParams,
  layersOfRatio,
  type MethodRequest,
  type ModelSize,
  needsGradients,
  readMethodRequest,
  validateMethodRequest,
} from '@swm/core/method';
import {
  type ProtocolRequest,
  requestedTasks,
  requestedTexts,
  TASK_NAMES,
  validateProtocolRequest,
} from '@swm/eval/protocol';
import { type LaunchRequest, launchRequestSchema, STAGE_NAMES } from '../db/launch-request.js';
import { bad, type Check, caught, errorsOf, wrong } from './check.js';
import { checkCalibration } from './check-calibration.js';
import { type LaunchEnvironment, taskDataFiles } from './launch-environment.js';
import type { LaunchInput } from './launch-input.js';
import type { UserError } from './user-error.js';

/**
 * Everything that can be known to be wrong with a launch before it is queued, at once; or the request with its defaults written
 * out. `model` is the caller's own, null when there is none of that id.
 */
export function checkLaunch(
  input: LaunchInput,
  model: (ModelSize & { readonly folder: string | null; readonly architecture: string }) | null,
  environment: LaunchEnvironment,
): Check<LaunchRequest> {
  const method = checkMethod(input, model);
  const calibration = checkCalibration(input.calibration, model?.architecture ?? '', environment);
  const checks: readonly Check<unknown>[] = [
    model ? { value: model } : bad(modelNotFound()),
    method,
    checkDepth(method, model),
    calibration,
    checkProtocol(input, environment),
    checkLatency(input),
    checkPython(input, method, model, environment),
    checkEngine(input, method),
    checkKey(input.idempotencyKey),
  ];
  const errors = checks.flatMap(errorsOf);
  const { latency, stopAfter, engine, modelId } = input;
  if (errors.length > 0 || 'errors' in method || 'errors' in calibration || latency === 'STATIC') return { errors };
  const protocol = protocolRequestOf(input);
  const request = { modelId, method: method.value, protocol, latency, stopAfter, engine };
  return { value: launchRequestSchema.parse({ ...request, calibration: calibration.value }) };
}

/** `MODEL.NOT_FOUND`: no such model of this team. */
export const modelNotFound = (): UserError =>
  wrong('MODEL.NOT_FOUND', ['modelId'], 'There is no model of that id.', 'Register it first: mutation registerModel.');

/** Stands for a model that is not there, which is an error of its own: any target can be counted in it. */
const NO_SIZE: ModelSize = { depth: 1, parameterCount: BigInt(Number.MAX_SAFE_INTEGER), layerParameterCount: 1n };

/** Exactly one method, with options in their ranges and the target it needs. */
function checkMethod({ methods, target }: LaunchInput, model: ModelSize | null): Check<MethodRequest> {
  const [named] = methods;
  if (methods.length !== 1 || !named)
    return bad(
      wrong(
        'METHOD.EXACTLY_ONE',
        ['method'],
        `A launch has exactly one method, this one has ${methods.length}.`,
        'Set exactly one field of method, for example method: { swm: {} } with a target.',
      ),
    );
  const layers = checkTarget(target, model ?? NO_SIZE);
  if ('errors' in layers) return layers;
  const targetLayers = layers.value === null ? {} : { targetLayers: layers.value };
  return caught(() => readMethodRequest({ name: named.name, ...named.options, ...targetLayers }));
}

/** The number of layers a target asks for, and null where there is none. What it weighs is known of a model only. */
function checkTarget(target: LaunchInput['target'], model: ModelSize): Check<number | null> {
  if (target === null) return { value: null };
  const { layers, ratio, params } = target;
  const given = [layers, ratio, params].filter((value) => value !== null).length;
  if (given !== 1)
    return bad(
      wrong(
        'METHOD.TARGET_EXACTLY_ONE',
        ['target'],
        `A target is exactly one number, this one has ${given}.`,
        'Set target: { layers: … } alone, or leave the target out.',
      ),
    );
  if (ratio !== null) return caught(() => layersOfRatio(ratio, model));
  if (params !== null) return caught(() => layersOfParams(params, model));
  return { value: layers };
}

function checkDepth(method: Check<MethodRequest>, model: { readonly depth: number } | null): Check<unknown> {
  if ('errors' in method || !model) return { value: null };
  return caught(() => validateMethodRequest(method.value, model.depth));
}

const reaches = (input: LaunchInput, stage: (typeof STAGE_NAMES)[number]): boolean =>
  STAGE_NAMES.indexOf(input.stopAfter) >= STAGE_NAMES.indexOf(stage);

/** The protocol asked for; all tasks by name and no names are one and the same request. */
function protocolRequestOf({ protocol: { tasks, perplexity, ...protocol } }: LaunchInput): ProtocolRequest {
  const isWhole = tasks === null || TASK_NAMES.every((name) => tasks.includes(name));
  return {
    ...protocol,
    ...(isWhole ? {} : { tasks: requestedTasks({ tasks }).map(({ name }) => name) }),
    ...(perplexity.length === 0 ? {} : { perplexity: requestedTexts({ perplexity }) }),
  };
}

function checkProtocol(input: LaunchInput, environment: LaunchEnvironment): Check<unknown> {
  const wanted: ProtocolRequest = { ...input.protocol, tasks: input.protocol.tasks ?? undefined };
  const valid = caught(() => validateProtocolRequest(wanted));
  if ('errors' in valid) return valid;
  const files = reaches(input, 'evaluate') ? taskDataFiles(wanted) : [];
  const missing = files.length > 0 ? environment.missingTaskData(files) : null;
  if (missing === null) return { value: null };
  return bad(
    wrong(
      'EVAL.TASK_DATA_MISSING',
      ['protocol', 'data'],
      missing === 'folder' ? 'No folder with local task data is configured.' : `The task data ${missing} is missing.`,
      `Set SWM_TASK_DATA to a folder with ${new Intl.ListFormat('en').format(files)}, and start again.`,
    ),
  );
}

function checkLatency({ latency }: LaunchInput): Check<unknown> {
  if (latency !== 'STATIC') return { value: null };
  return bad(
    wrong('LATENCY.UNAVAILABLE', ['latency'], 'Latency protocol STATIC is not there yet.', 'Use QUICK, PAPER or NONE.'),
  );
}

/** Scores, latency, the conversion of a built-in model and the torch engine run in Python. */
function checkPython(
  input: LaunchInput,
  method: Check<MethodRequest>,
  model: { readonly folder: string | null } | null,
  environment: LaunchEnvironment,
): Check<unknown> {
  const needed = reaches(input, 'evaluate') || model?.folder === null;
  const isSearching = input.methods.some(({ name }) => name !== 'dense') && reaches(input, 'search-plan');
  if (environment.hasPython()) return { value: null };
  const isMeasuring = isSearching || input.stopAfter === 'analyse-layers';
  const isOnTorch = input.engine === 'torch' || ('value' in method && needsGradients(method.value));
  if (isOnTorch && isMeasuring)
    return bad(
      wrong(
        'EVAL.PYTHON_MISSING',
        ['engine'],
        'The Python environment that the torch engine runs in is missing.',
        'Run `npm run setup:python` on the server’s machine, or set engine: AUTO.',
      ),
    );
  if (!needed) return { value: null };
  return bad(
    wrong(
      'EVAL.PYTHON_MISSING',
      [],
      'The Python environment that scores models is missing.',
      'Run `npm run setup:python` on the server’s machine, or stop after SEARCH_PLAN.',
    ),
  );
}

/** Only the torch engine takes gradients. */
function checkEngine({ engine }: LaunchInput, method: Check<MethodRequest>): Check<unknown> {
  if ('errors' in method || !needsGradients(method.value) || engine === 'torch' || engine === 'auto')
    return { value: null };
  return bad(
    wrong(
      'ENGINE.NO_GRADIENTS',
      ['engine'],
      'This method needs gradients, which the engine asked for does not take.',
      'Set engine: TORCH, or leave it to AUTO.',
    ),
  );
}

function checkKey(key: string | null): Check<unknown> {
  if (key === null || /^[\x21-\x7e]{1,200}$/.test(key)) return { value: null };
  return bad(
    wrong(
      'LAUNCH.KEY_INVALID',
      ['idempotencyKey'],
      'An idempotency key has 1 to 200 printable ASCII characters without spaces.',
      'Use a UUID.',
    ),
  );
}
