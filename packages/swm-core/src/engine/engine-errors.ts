import { CodedError } from '../errors.js';

/** `ENGINE.NON_FINITE`: a hidden state or logit is NaN or infinite. */
export const nonFinite = (where: string, plan: string): CodedError =>
  new CodedError({
    code: 'ENGINE.NON_FINITE',
    message: `The model's ${where} is not finite under the plan ${plan}.`,
    fix: 'Check the source weights: a NaN or an overflow in a tensor of that layer spreads to all that follows.',
    details: { where, plan },
  });

/** `ENGINE.UNAVAILABLE`: the backend asked for cannot be loaded here. */
export const engineUnavailable = (backend: string, reason: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'ENGINE.UNAVAILABLE',
    message: `The ${backend} backend of TensorFlow.js cannot be used here: ${reason}`,
    fix: 'Run `npm run setup:engine` (it needs g++ and Python), or launch with engine AUTO or WASM.',
    cause,
  });

/** `ENGINE.OUT_OF_MEMORY`: the weights or states do not fit. */
export const outOfMemory = (backend: string, neededBytes: number, limitBytes: number): CodedError =>
  new CodedError({
    code: 'ENGINE.OUT_OF_MEMORY',
    message: `The model needs about ${(neededBytes / 1e9).toFixed(1)} GB on the ${backend} backend, which has ${(limitBytes / 1e9).toFixed(1)} GB.`,
    fix: 'Use fewer or shorter calibration samples, a smaller model, or the tensorflow backend.',
    details: { neededBytes, limitBytes },
  });

/** `ENGINE.BAD_TOKENS`: the calibration matrix does not fit the model. */
export const badTokens = (message: string): CodedError =>
  new CodedError({
    code: 'ENGINE.BAD_TOKENS',
    message,
    fix: 'Calibrate with the model’s own tokenizer, all rows of one length.',
  });
