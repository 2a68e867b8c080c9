import { isCodedError } from '@swm/core/errors';
import { type MethodRequest, validateMethodRequest } from '@swm/core/method';
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
  model: { readonly depth: number; readonly folder: string | null } | null,
  environment: LaunchEnvironment,
): Check<LaunchRequest> {
  const method = checkMethod(input);
  const checks: readonly Check<unknown>[] = [
    model ? { value: model } : bad(modelNotFound()),
    method,
    checkDepth(method, model),
    checkCalibration(input.calibration, environment),
    checkProtocol(input, environment),
    checkLatency(input),
    checkPython(input, model, environment),
    checkKey(input.idempotencyKey),
  ];
  const errors = checks.flatMap(errorsOf);
  const { calibration, protocol, latency, stopAfter, engine, modelId } = input;
  if (errors.length > 0 || 'errors' in method || latency === 'STATIC') return { errors };
  const { file, ...rest } = calibration;
  const request = { modelId, method: method.value, protocol, latency, stopAfter, engine };
  return { value: launchRequestSchema.parse({ ...request, calibration: file === null ? rest : { ...rest, file } }) };
}

/** `MODEL.NOT_FOUND`: no such model of this team. */
export const modelNotFound = (): UserError =>
  wrong('MODEL.NOT_FOUND', ['modelId'], 'There is no model of that id.', 'Register it first: mutation registerModel.');

/** Exactly one method, and a target it can aim at. */
function checkMethod({ method, target }: LaunchInput): Check<MethodRequest> {
  const named = [method.swm, method.shortGpt, method.dense].filter((options) => options !== null);
  if (named.length !== 1)
    return bad(
      wrong(
        'METHOD.EXACTLY_ONE',
        ['method'],
        `A launch has exactly one method, this one has ${named.length}.`,
        'Set one of swm, shortGpt and dense, for example method: { swm: {} } with a target.',
      ),
    );
  const layers = checkTarget(target);
  if ('errors' in layers) return layers;
  const targetLayers = layers.value;
  if (method.dense) {
    if (targetLayers === null) return { value: { name: 'dense' } };
    return bad(wrong('METHOD.TARGET_UNUSED', ['target'], 'The dense model is left as it is.', 'Leave the target out.'));
  }
  if (method.shortGpt) {
    if (targetLayers !== null) return { value: { name: 'short-gpt', targetLayers } };
    return bad(
      wrong(
        'METHOD.TARGET_MISSING',
        ['target', 'layers'],
        'ShortGPT needs to know how many layers to keep.',
        'Set target: { layers: … }.',
      ),
    );
  }
  const profile = method.swm?.profile ?? 'repaired';
  const threshold = method.swm?.threshold ?? null;
  return {
    value: {
      ...{ name: 'swm', profile },
      ...(threshold === null ? {} : { threshold }),
      ...(targetLayers === null ? {} : { targetLayers }),
    },
  };
}

function checkTarget(target: LaunchInput['target']): Check<number | null> {
  if (target === null) return { value: null };
  const given = (['layers', 'ratio', 'params'] as const).filter((field) => target[field] !== null);
  const [field] = given;
  if (given.length !== 1 || field === undefined)
    return bad(
      wrong(
        'METHOD.TARGET_EXACTLY_ONE',
        ['target'],
        `A target is exactly one number, this one has ${given.length}.`,
        'Set target: { layers: … } alone, or leave the target out.',
      ),
    );
  if (field === 'layers') return { value: target.layers };
  return bad(
    wrong(
      'METHOD.TARGET_UNSUPPORTED',
      ['target', field],
      'Targets by parameters are not there yet.',
      'Set target: { layers: … }: the number of layers kept.',
    ),
  );
}

function checkDepth(method: Check<MethodRequest>, model: { readonly depth: number } | null): Check<unknown> {
  if ('errors' in method || !model) return { value: null };
  return caught(() => validateMethodRequest(method.value, model.depth));
}

/** Runs a validator that throws a coded error naming its field. */
function caught(validate: () => void): Check<unknown> {
  try {
    validate();
    return { value: null };
  } catch (error) {
    if (isCodedError(error)) return bad(asUserError(error));
    throw error;
  }
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
  model: { readonly folder: string | null } | null,
  environment: LaunchEnvironment,
): Check<unknown> {
  const needed = reaches(input, 'evaluate') || model?.folder === null;
  const isSearching = input.method.dense === null && reaches(input, 'search-plan');
  if (environment.hasPython()) return { value: null };
  if (input.engine === 'torch' && isSearching)
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
