import { needsBos } from '@swm/core/checkpoint';
import { isCodedError } from '@swm/core/errors';
import {
  layersOfParams,
  layersOfRatio,
  type MethodRequest,
  type ModelSize,
  needsGradients,
  readMethodRequest,
  validateMethodRequest,
} from '@swm/core/method';
import { validateProtocolRequest } from '@swm/eval/protocol';
import { type LaunchRequest, launchRequestSchema, STAGE_NAMES } from '../db/launch-request.js';
import type { LaunchEnvironment } from './launch-environment.js';
import type { LaunchInput } from './launch-input.js';
import { asUserError, type UserError } from './user-error.js';

type Check<Value> = { readonly value: Value } | { readonly errors: readonly UserError[] };

const wrong = (code: string, field: readonly string[], message: string, hint: string): UserError => ({
  ...{ code, field, message, hint },
});
const bad = (...errors: readonly UserError[]) => ({ errors });
const errorsOf = (check: Check<unknown>): readonly UserError[] => ('errors' in check ? check.errors : []);

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
  const bos = checkBos(input.calibration, model?.architecture ?? '');
  const checks: readonly Check<unknown>[] = [
    model ? { value: model } : bad(modelNotFound()),
    method,
    checkDepth(method, model),
    checkCalibration(input.calibration, environment),
    bos,
    checkProtocol(input, environment),
    checkLatency(input),
    checkPython(input, method, model, environment),
    checkEngine(input, method),
    checkKey(input.idempotencyKey),
  ];
  const errors = checks.flatMap(errorsOf);
  const { calibration, protocol, latency, stopAfter, engine, modelId } = input;
  if (errors.length > 0 || 'errors' in method || 'errors' in bos || latency === 'STATIC') return { errors };
  const { file, ...given } = calibration;
  const rest = { ...given, addBos: bos.value };
  const request = { modelId, method: method.value, protocol, latency, stopAfter, engine };
  return { value: launchRequestSchema.parse({ ...request, calibration: file === null ? rest : { ...rest, file } }) };
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

/** Runs a reader or validator that throws a coded error naming its field. */
function caught<Value>(read: () => Value): Check<Value> {
  try {
    return { value: read() };
  } catch (error) {
    if (isCodedError(error)) return bad(asUserError(error));
    throw error;
  }
}

/** Whether samples begin with BOS: as asked for, else as the family needs it. */
function checkBos({ addBos }: LaunchInput['calibration'], architecture: string): Check<boolean> {
  if (addBos !== false || !needsBos(architecture)) return { value: addBos ?? needsBos(architecture) };
  return bad(
    wrong(
      'CALIBRATION.BOS_NEEDED',
      ['calibration', 'addBos'],
      'Models of this family compute nothing sensible on texts without a BOS token.',
      'Leave addBos out, or set it to true.',
    ),
  );
}

function checkCalibration(calibration: LaunchInput['calibration'], environment: LaunchEnvironment): Check<unknown> {
  const errors: UserError[] = [];
  const { source, file } = calibration;
  if (source !== 'BUILTIN' && source !== 'FILE')
    errors.push(
      wrong(
        'CALIBRATION.SOURCE_UNAVAILABLE',
        ['calibration', 'source'],
        `Calibration text ${source} is not there yet.`,
        'Use BUILTIN, or FILE with a JSON Lines file of yours (one object a line, with "text").',
      ),
    );
  if (source === 'FILE' ? file === null || !environment.isFile(file) : file !== null)
    errors.push(
      wrong(
        'CALIBRATION.FILE_INVALID',
        ['calibration', 'file'],
        source === 'FILE' ? 'The calibration file is not there.' : 'A calibration file is read for source FILE alone.',
        source === 'FILE'
          ? 'Give the absolute path of a file on the server’s machine.'
          : 'Set source: FILE, or leave the file out.',
      ),
    );
  for (const [field, low, high] of [
    ['samples', 1, 1024],
    ['tokens', 8, 4096],
    ['seed', 0, 2 ** 31 - 1],
  ] as const)
    if (calibration[field] < low || calibration[field] > high)
      errors.push(
        wrong(
          'CALIBRATION.OUT_OF_RANGE',
          ['calibration', field],
          `calibration.${field} is ${calibration[field]}.`,
          `Give a whole number from ${low} to ${high}.`,
        ),
      );
  return errors.length > 0 ? { errors } : { value: null };
}

const reaches = (input: LaunchInput, stage: (typeof STAGE_NAMES)[number]): boolean =>
  STAGE_NAMES.indexOf(input.stopAfter) >= STAGE_NAMES.indexOf(stage);

function checkProtocol(input: LaunchInput, environment: LaunchEnvironment): Check<unknown> {
  const valid = caught(() => validateProtocolRequest(input.protocol));
  if ('errors' in valid) return valid;
  const missing = input.protocol.data === 'LOCAL' && reaches(input, 'evaluate') ? environment.missingTaskData() : null;
  if (missing === null) return { value: null };
  return bad(
    wrong(
      'EVAL.TASK_DATA_MISSING',
      ['protocol', 'data'],
      missing === 'folder' ? 'No folder with local task data is configured.' : `The task data ${missing} is missing.`,
      'Set SWM_TASK_DATA to a folder with boolq, piqa, hellaswag, winogrande, arc_easy, arc_challenge and openbookqa as .jsonl files, and start again.',
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
