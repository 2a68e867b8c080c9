import { cosinePerSample, meanOf } from './cosine.js';

/**
 * Block influence of one layer (ShortGPT, arXiv 2403.03853): 1 - mean over tokens of cos(layer input, layer output), in f64.
 * `input` and `output` hold one vector of `size` numbers a token; taken before the final norm, also for the last layer.
 */
export const blockInfluence = (input: Float32Array, output: Float32Array, size: number): number =>
  1 - meanOf(cosinePerSample(input, output, size));
