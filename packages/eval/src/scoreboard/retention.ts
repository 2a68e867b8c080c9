/**
 * Share of the dense model's mean that a pruned one keeps, as papers give it (1 = all; above 1 is possible). null where either is
 * missing or the dense mean is 0. Guessing alone keeps a good part: read it beside the chance level.
 */
export const retainedRatio = (mean: number | null, denseMean: number | null): number | null =>
  mean === null || denseMean === null || !(denseMean > 0) || !Number.isFinite(mean) ? null : mean / denseMean;
