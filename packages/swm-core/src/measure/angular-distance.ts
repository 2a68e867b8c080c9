// Letters: B batch, T tokens, D hidden, L layers.
import { cosinePerSample, meanOf } from './cosine.js';

/** The last token's vector of each sample. states [B*T, D] → [B*D] */
export function lastTokens(states: Float32Array, tokens: number, size: number): Float32Array {
  const batch = states.length / (tokens * size);
  const last = new Float32Array(batch * size);
  for (let sample = 0; sample < batch; sample += 1) {
    const from = ((sample + 1) * tokens - 1) * size;
    last.set(states.subarray(from, from + size), sample * size);
  }
  return last;
}

/**
 * arccos(cosine) / π between every two boundaries, averaged over samples, in f64 (arXiv 2403.17887). 0 on the diagonal by definition:
 * arccos near 1 would turn rounding into an angle. `boundaries` [L+1] of [B*D] → [L+1][L+1]
 */
export function angularDistances(boundaries: readonly Float32Array[], size: number): number[][] {
  const distances = boundaries.map(() => new Array<number>(boundaries.length).fill(0));
  for (const [a, low] of boundaries.entries()) {
    for (const [b, high] of boundaries.entries()) {
      if (b <= a) continue;
      const angles = cosinePerSample(low, high, size).map((cosine) => Math.acos(Math.max(-1, Math.min(1, cosine))));
      const distance = meanOf(angles) / Math.PI;
      for (const [row, column] of [
        [a, b],
        [b, a],
      ] as const) {
        const line = distances[row];
        if (line) line[column] = distance;
      }
    }
  }
  return distances;
}
