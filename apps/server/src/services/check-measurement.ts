import { CodedError, isCodedError } from '@swm/core/errors';
import { createMethod, readMethodRequest } from '@swm/core/method';
import type { LayerPlan } from '@swm/core/plan';
import type { Model } from '../db/generated/client.js';
import { launchRequestSchema } from '../db/launch-request.js';
import type { WhatIfRequest } from '../db/what-if-request.js';
import { checkCalibration, modelNotFound } from './check-launch.js';
import type { LaunchEnvironment } from './launch-environment.js';
import type { LaunchInput } from './launch-input.js';
import { asUserError, type UserError } from './user-error.js';

/** A measurement as it is asked for, defaults written out, not yet checked. Mirrors `MeasurePlanInput` of the API. */
export interface MeasureInput {
  readonly modelId: string;
  /** Options of the method `manual`: the plan's text, its merge rule, factor and side. */
  readonly plan: Readonly<Record<string, unknown>>;
  readonly quantity: 'cosine' | 'nll';
  readonly calibration: LaunchInput['calibration'];
  readonly engine: LaunchInput['engine'];
}

/** A measurement that can be made. */
export interface CheckedMeasurement extends Pick<WhatIfRequest, 'calibration' | 'engine'> {
  readonly model: Model;
  readonly plan: LayerPlan;
  readonly quantity: MeasureInput['quantity'];
}

/** Tokens of a calibration that an answer can be waited for; the default has 1,280. */
const MAX_TOKENS = 32_768;

/** `MEASURE.CALIBRATION_TOO_LARGE`: that is a job for an experiment. */
const calibrationTooLarge = (tokens: number): UserError => ({
  code: 'MEASURE.CALIBRATION_TOO_LARGE',
  field: ['calibration'],
  message: `The calibration has ${tokens} tokens; a plan is measured on at most ${MAX_TOKENS}.`,
  hint: 'Ask for fewer or shorter samples, or launch an experiment.',
});

/** `MEASURE.MODEL_NOT_CONVERTED`: its weights are not there yet. */
const modelNotConverted = (): UserError => ({
  code: 'MEASURE.MODEL_NOT_CONVERTED',
  field: ['modelId'],
  message: 'This built-in model has not been converted yet.',
  hint: 'Launch an experiment with it first (stopAfter: RESOLVE_MODEL is enough).',
});

/** `PLAN.WRONG_DEPTH`: a plan of another model. */
const wrongDepth = (planDepth: number, depth: number): CodedError =>
  new CodedError({
    code: 'PLAN.WRONG_DEPTH',
    message: `The plan is for a model of ${planDepth} layers; this one has ${depth}.`,
    fix: `Name every layer from 0 to ${depth - 1} exactly once.`,
  });

/** Everything that can be known to be wrong with a measurement before it is queued, at once. `model` is the caller's own, or null. */
export function checkMeasurement(
  input: MeasureInput,
  model: Model | null,
  environment: LaunchEnvironment,
): { readonly value: CheckedMeasurement } | { readonly errors: readonly UserError[] } {
  const { quantity, engine } = input;
  const { file, ...calibration } = input.calibration;
  const tokens = calibration.samples * calibration.tokens;
  const plan = readPlan(input.plan, model?.depth ?? null);
  const calibrated = checkCalibration(input.calibration, environment);
  const errors = [
    ...(model ? [] : [modelNotFound()]),
    ...(model?.folder === null ? [modelNotConverted()] : []),
    ...('errors' in plan ? plan.errors : []),
    ...('errors' in calibrated ? calibrated.errors : []),
    ...(tokens > MAX_TOKENS ? [calibrationTooLarge(tokens)] : []),
  ];
  if (errors.length > 0 || !model || 'errors' in plan) return { errors };
  const { shape } = launchRequestSchema;
  return {
    value: {
      ...{ model, plan: plan.value, quantity, engine },
      calibration: shape.calibration.parse(file === null ? calibration : { ...calibration, file }),
    },
  };
}

/** The plan that the method `manual` would give; its mistakes are laid at the fields of this input. */
function readPlan(
  options: MeasureInput['plan'],
  depth: number | null,
): { readonly value: LayerPlan } | { readonly errors: readonly UserError[] } {
  try {
    const method = createMethod(readMethodRequest({ name: 'manual', ...options }));
    const plan = method.finish(method.start(depth ?? 1));
    if (depth !== null && plan.sourceDepth !== depth) throw wrongDepth(plan.sourceDepth, depth);
    return { value: plan };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    // The method names ['method', 'manual', option].
    const { field, ...rest } = asUserError(error);
    return { errors: [{ ...rest, field: field.length === 3 ? field.slice(2) : ['plan'] }] };
  }
}
