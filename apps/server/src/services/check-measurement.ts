import { CodedError } from '@swm/core/errors';
import { createMethod, readMethodRequest } from '@swm/core/method';
import type { LayerPlan } from '@swm/core/plan';
import type { Model } from '../db/generated/client.js';
import type { WhatIfRequest } from '../db/what-if-request.js';
import { bad, type Check, caught, errorsOf } from './check.js';
import { checkCalibration } from './check-calibration.js';
import { modelNotFound } from './check-launch.js';
import type { LaunchEnvironment } from './launch-environment.js';
import type { LaunchInput } from './launch-input.js';
import type { UserError } from './user-error.js';

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
): Check<CheckedMeasurement> {
  const { quantity, engine } = input;
  const tokens = input.calibration.samples * input.calibration.tokens;
  const plan = readPlan(input.plan, model?.depth ?? null);
  const calibration = checkCalibration(input.calibration, model?.architecture ?? '', environment);
  const errors = [
    ...(model ? [] : [modelNotFound()]),
    ...(model?.folder === null ? [modelNotConverted()] : []),
    ...errorsOf(plan),
    ...errorsOf(calibration),
    ...(tokens > MAX_TOKENS ? [calibrationTooLarge(tokens)] : []),
  ];
  if (errors.length > 0 || !model || 'errors' in plan || 'errors' in calibration) return { errors };
  return { value: { model, plan: plan.value, quantity, engine, calibration: calibration.value } };
}

/** The plan that the method `manual` would give; its mistakes are laid at the fields of this input. */
function readPlan(options: MeasureInput['plan'], depth: number | null): Check<LayerPlan> {
  const plan = caught(() => {
    const method = createMethod(readMethodRequest({ name: 'manual', ...options }));
    const found = method.finish(method.start(depth ?? 1));
    if (depth !== null && found.sourceDepth !== depth) throw wrongDepth(found.sourceDepth, depth);
    return found;
  });
  if ('value' in plan) return plan;
  // The method names ['method', 'manual', option].
  return bad(...plan.errors.map(({ field, ...rest }) => ({ ...rest, field: [field[2] ?? 'plan'] })));
}
