import { invalidOption } from './method-errors.js';

/** What a model weighs, tied weights counted once. */
export interface ModelSize {
  readonly depth: number;
  readonly parameterCount: bigint;
  /** Of one layer; they are all alike. */
  readonly layerParameterCount: bigint;
}

/** The most layers whose removal takes at most `limit` of all parameters, at least one layer staying. */
function layersKept(limit: number, { depth, parameterCount, layerParameterCount }: ModelSize): number {
  const [all, layer] = [Number(parameterCount), Number(layerParameterCount)];
  let removed = depth - 1;
  // The ratio as a row of the board shows it: a ratio read off the board gives that row's depth again.
  while (removed > 0 && (removed * layer) / all > limit) removed -= 1;
  return depth - removed;
}

/** Layers kept for a ratio of removed to all parameters: the nearest plan not above it. Throws `METHOD.INVALID_OPTION`. */
export function layersOfRatio(ratio: number, size: ModelSize): number {
  if (!(ratio >= 0 && ratio < 1))
    throw invalidOption(
      ['target', 'ratio'],
      `${ratio} is no share of the parameters that can be removed.`,
      'Give a number from 0 to below 1, for example 0.2.',
    );
  return layersKept(ratio, size);
}

/** Layers kept for a number of parameters kept: the nearest plan with at least as many. Throws `METHOD.INVALID_OPTION`. */
export function layersOfParams(params: bigint, size: ModelSize): number {
  const { parameterCount } = size;
  if (params < 1n || params > parameterCount)
    throw invalidOption(
      ['target', 'params'],
      `The model has ${parameterCount} parameters; ${params} cannot be kept.`,
      `Give a whole number from 1 to ${parameterCount}.`,
    );
  return layersKept(Number(parameterCount - params) / Number(parameterCount), size);
}
