import { CodedError } from '@swm/core/errors';

/** `MODEL.CHANGED`: the folder no longer holds what was registered. */
export const modelChanged = (name: string): CodedError =>
  new CodedError({
    code: 'MODEL.CHANGED',
    message: `The weights of ${name} have changed since the model was registered.`,
    fix: 'Register the folder again: other weights are another model.',
  });
