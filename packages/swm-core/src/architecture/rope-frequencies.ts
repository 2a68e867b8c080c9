// Letters: H head size. Every step is rounded to f32 in the order in which transformers computes it in f32 tensors.
import type { RopeType } from './architecture.js';

const { fround } = Math;

/** How one type of layers rotates. */
export interface RopeSettings {
  readonly type: RopeType;
  readonly theta: number;
  /** Of `linear` and `llama3`. */
  readonly factor: number;
  /** Of `llama3`: a frequency is kept above `high` turns in `originalPositions` tokens, divided by `factor` below `low`. */
  readonly low: number;
  readonly high: number;
  readonly originalPositions: number;
}

/** 1 / theta^(2i/H): Su et al., arXiv 2104.09864. → [H/2] */
export function plainFrequencies(theta: number, headSize: number): number[] {
  return Array.from({ length: headSize / 2 }, (_, pair) => fround(1 / fround(theta ** fround((2 * pair) / headSize))));
}

/** torch divides a number by a tensor as number x reciprocal. */
const over = (value: number, divisor: number): number => fround(fround(1 / divisor) * fround(value));

/** Llama 3.1's interpolation between kept and divided frequencies. */
function stretched(frequency: number, { factor, low, high, originalPositions }: RopeSettings): number {
  const wavelength = over(2 * Math.PI, frequency);
  const divided = fround(frequency / factor);
  if (wavelength > fround(originalPositions / low)) return divided;
  if (wavelength < fround(originalPositions / high)) return frequency;
  const share = fround(fround(over(originalPositions, wavelength) - low) / fround(high - low));
  return fround(fround(fround(fround(1 - share) * frequency) / factor) + fround(share * frequency));
}

/** Inverse frequencies of a head. → [H/2] */
export function ropeFrequencies(settings: RopeSettings, headSize: number): number[] {
  const plain = plainFrequencies(settings.theta, headSize);
  switch (settings.type) {
    case 'default':
      return plain;
    case 'linear':
      return plain.map((frequency) => fround(frequency / settings.factor));
    case 'llama3':
      return plain.map((frequency) => stretched(frequency, settings));
  }
}
