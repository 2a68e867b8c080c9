/** A run of layers whose outputs are alike; indices of the model, inclusive. */
export interface LayerPatch {
  readonly first: number;
  readonly last: number;
  /** The smallest similarity of two of its layers. */
  readonly minimum: number;
}

/** Layers that share nine tenths of their similarity structure. A choice: the paper shows heat maps and names no number. */
export const DEFAULT_PATCH_THRESHOLD = 0.9;

/** Smallest similarity of two layers of first … last, for every first <= last. [L][L] → [L][L] */
function smallestWithin(similarity: readonly (readonly number[])[]): number[][] {
  const depth = similarity.length;
  const smallest = similarity.map(() => new Array<number>(depth).fill(Number.NaN)); // nothing below the diagonal is read
  for (let first = depth - 1; first >= 0; first -= 1) {
    const line = smallest[first];
    if (!line) continue;
    line[first] = 1;
    for (let last = first + 1; last < depth; last += 1)
      line[last] = Math.min(
        similarity[first]?.[last] ?? Number.NaN,
        line[last - 1] ?? Number.NaN,
        smallest[first + 1]?.[last] ?? Number.NaN,
      );
  }
  return smallest;
}

/**
 * Bright blocks on the diagonal of a similarity matrix: contiguous runs of at least two layers, every two of them more similar than
 * `threshold`. Where runs overlap the longest is taken first, of equally long ones the more similar, then the lower; the next is
 * looked for in what is left. Ascending, and none can be longer without entering another. `similarity` symmetric [L][L]
 */
export function detectPatches(similarity: readonly (readonly number[])[], threshold: number): LayerPatch[] {
  const depth = similarity.length;
  const runs: LayerPatch[] = [];
  for (const [first, line] of smallestWithin(similarity).entries())
    for (let last = first + 1; last < depth; last += 1) {
      const minimum = line[last] ?? Number.NaN;
      if (minimum > threshold) runs.push({ first, last, minimum });
    }
  runs.sort((a, b) => b.last - b.first - (a.last - a.first) || b.minimum - a.minimum || a.first - b.first);
  const taken: LayerPatch[] = [];
  for (const run of runs) if (taken.every((other) => run.last < other.first || other.last < run.first)) taken.push(run);
  return taken.sort((a, b) => a.first - b.first);
}
