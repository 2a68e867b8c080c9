import { seededRandom } from '../seeded-random.js';

/** Rows a similarity is measured on. Gram matrices and the time for them grow with its square. */
export const MAX_ROWS = 256;
/** Fixed: the same calibration always gives the same rows. */
const SEED = 1234;

/**
 * At most `limit` of `count` rows, ascending: all of them, or one of each of `limit` equal stretches, anywhere in it. Evenly spaced
 * ones would meet the same token positions in every sample.
 */
export function sampledRows(count: number, limit = MAX_ROWS): number[] {
  if (count <= limit) return Array.from({ length: count }, (_, row) => row);
  const bits = seededRandom(SEED);
  return Array.from({ length: limit }, (_, stretch) => {
    const first = Math.floor((stretch * count) / limit);
    const next = Math.floor(((stretch + 1) * count) / limit);
    return first + Math.floor((bits() / 2 ** 32) * (next - first));
  });
}
