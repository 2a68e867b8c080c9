// Letters: B batch, T tokens, D hidden, V vocab, R rows.
import { type AttentionContext, type AttentionWeights, attention } from './attention.js';
import { type MlpWeights, mlp } from './mlp.js';
import type { Tensor, Tensor2D, TensorOps } from './tensor-ops.js';

/** The projections of one source layer. */
export interface ProjectionWeights {
  readonly attention: AttentionWeights;
  readonly mlp: MlpWeights;
}

/** The side tensors of one source layer. */
export interface SideWeights {
  readonly inputNorm: Tensor; // [D]
  readonly postAttentionNorm: Tensor; // [D]
}

/** Root-mean-square norm (arXiv 1910.07467). x [R, D], weight [D] → [R, D] */
export function rmsNorm(tf: TensorOps, x: Tensor2D, weight: Tensor, eps: number): Tensor2D {
  const meanSquare = tf.mean(tf.square(x), 1, true); // [R, 1]
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
}

/**
 * One Llama decoder layer with the projections of one source layer and the norms of another (methods.md 1.5: a merge under
 * `replace-top` is exactly this re-wiring). x [B*T, D] → [B*T, D]
 */
export function decoderLayer(
  tf: TensorOps,
  projections: ProjectionWeights,
  side: SideWeights,
  x: Tensor2D,
  context: AttentionContext,
): Tensor2D {
  const { rmsNormEps } = context.config;
  return tf.tidy(() => {
    const attended = tf.add(
      x,
      attention(tf, projections.attention, rmsNorm(tf, x, side.inputNorm, rmsNormEps), context),
    );
    const normed = rmsNorm(tf, attended as Tensor2D, side.postAttentionNorm, rmsNormEps); // add of two [R, D] is [R, D]
    return tf.add(attended, mlp(tf, projections.mlp, normed, context.layout));
  });
}
