import type { ProjectionWeights } from '../model/decoder.js';
import type { Tensor2D, TensorOps } from '../model/tensor-ops.js';
import type { Term } from './merged-layers.js';

/** The projections that terms describe, computed on the backend; the caller's tidy frees them. `bySource` [L]. */
export function combineProjections(
  tf: TensorOps,
  terms: readonly Term[],
  bySource: readonly ProjectionWeights[],
): ProjectionWeights {
  const sum = (pick: (weights: ProjectionWeights) => Tensor2D): Tensor2D => {
    const scaled = terms.map(({ layer, weight }) => {
      const source = bySource[layer];
      if (!source) throw new RangeError(`combineProjections: layer ${layer} of ${bySource.length}`);
      return tf.mul(pick(source), weight) as Tensor2D; // a scaled [O, I] is [O, I]
    });
    return scaled.reduce((a, b) => tf.add(a, b));
  };
  return {
    attention: { qkv: sum(({ attention }) => attention.qkv), output: sum(({ attention }) => attention.output) },
    mlp: { gateUp: sum(({ mlp }) => mlp.gateUp), down: sum(({ mlp }) => mlp.down) },
  };
}
