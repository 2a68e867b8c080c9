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

/** `ENGINE.UNAVAILABLE`: torch cannot be used here. */
export const torchUnavailable = (reason: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'ENGINE.UNAVAILABLE',
    message: `The torch engine cannot be used here: ${reason}.`,
    fix: 'Run `npm run setup:python`, or launch with engine AUTO or WASM.',
    cause,
  });

/** `ENGINE.OUT_OF_MEMORY`: not even one sample at a time fits. */
export const torchOutOfMemory = (device: string, neededBytes: number, freeBytes: number): CodedError =>
  new CodedError({
    code: 'ENGINE.OUT_OF_MEMORY',
    message: `The torch engine needed ${(neededBytes / 1e6).toFixed(0)} MB on ${device}, where ${(freeBytes / 1e6).toFixed(0)} MB were free.`,
    fix: 'Free memory, use fewer or shorter calibration samples or a smaller model, or a 16-bit format (SWM_TORCH_DTYPE).',
    details: { neededBytes, freeBytes },
  });

/** `ENGINE.CRASHED`: the engine's thread or side process ended by itself. */
export const engineCrashed = (reason: string): CodedError =>
  new CodedError({
    code: 'ENGINE.CRASHED',
    message: `The engine stopped unexpectedly: ${reason}.`,
    fix: 'Free memory and launch again; if it repeats, launch with engine WASM and report the log.',
    retryable: true,
  });

/** `ENGINE.PROTOCOL`: the side process said something that this version does not understand. */
export const engineProtocol = (message: string, line: unknown): CodedError =>
  new CodedError({
    code: 'ENGINE.PROTOCOL',
    message: `The torch engine cannot be understood: ${message}.`,
    fix: 'Install the platform and its Python side from the same version, and report the log.',
    details: { line: String(line).slice(0, 500) },
  });

/** `ENGINE.WEIGHTS_UNREADABLE`: the side process does not find in the model's folder what was there when it was opened. */
export const weightsUnreadable = (message: string): CodedError =>
  new CodedError({
    code: 'ENGINE.WEIGHTS_UNREADABLE',
    message: `The torch engine cannot read the weights. ${message}`,
    fix: 'Leave the model’s folder as it is while an experiment runs, and register it again if it changed.',
  });

/** `ENGINE.BAD_TOKENS`: the calibration matrix does not fit the model. */
export const badTokens = (message: string): CodedError =>
  new CodedError({
    code: 'ENGINE.BAD_TOKENS',
    message,
    fix: 'Calibrate with the model’s own tokenizer, all rows of one length.',
  });

/** `ENGINE.NO_GRADIENTS`: gradients asked of an engine without them. */
export const noGradients = (engine: string): CodedError =>
  new CodedError({
    code: 'ENGINE.NO_GRADIENTS',
    message: `The ${engine} engine takes no gradients, which this method needs.`,
    fix: 'Launch with engine TORCH, its numbers in f32 (SWM_TORCH_DTYPE).',
  });
