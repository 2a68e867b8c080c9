import { CodedError } from '../errors.js';
import { inputFieldOf } from './method-name.js';

/** `METHOD.INVALID_OPTION`: a method option or target out of its range; `details.field` is the path in the launch input. */
export const invalidOption = (field: readonly string[], message: string, fix: string): CodedError =>
  new CodedError({ code: 'METHOD.INVALID_OPTION', message, fix, details: { field } });

/** Path of a method's option in the launch input. */
export const optionField = (name: string, option: string): readonly string[] => ['method', inputFieldOf(name), option];

/** `METHOD.UNKNOWN`: no method of that name. */
export const unknownMethod = (name: string): CodedError =>
  new CodedError({
    code: 'METHOD.UNKNOWN',
    message: `There is no method "${name.slice(0, 40)}".`,
    fix: 'Query methods for the names there are.',
    details: { field: ['method'] },
  });

/** `METHOD.TARGET_UNUSED`: the method takes no target. */
export const targetUnused = (title: string): CodedError =>
  new CodedError({
    code: 'METHOD.TARGET_UNUSED',
    message: `${title} takes no target.`,
    fix: 'Leave the target out.',
    details: { field: ['target'] },
  });

/** `METHOD.TARGET_MISSING`: the method needs a target. */
export const targetMissing = (title: string): CodedError =>
  new CodedError({
    code: 'METHOD.TARGET_MISSING',
    message: `${title} needs to know how many layers to keep.`,
    fix: 'Set target: { layers: … }.',
    details: { field: ['target', 'layers'] },
  });

/** `METHOD.INVALID_OPTION` at the target: fewer layers than the method can leave. */
export const tooFewLayers = (targetLayers: number, least: number, because: string): CodedError =>
  invalidOption(
    ['target', 'layers'],
    `${targetLayers} layers cannot be kept: ${because}.`,
    `Give at least ${least} layers.`,
  );
