// Letters: B batch, T tokens, D hidden.
import type { LayerType } from '../checkpoint/model-source.js';
import { type AttentionSides, type AttentionWeights, attention } from './attention.js';
import type { DecoderContext } from './decoder-context.js';
import { type MlpWeights, mlp } from './mlp.js';
import { rmsNorm } from './rms-norm.js';
import type { Tensor, Tensor2D, TensorOps } from './tensor-ops.js';

/** The projections of one source layer. */
export interface ProjectionWeights {
  readonly attention: AttentionWeights;
  readonly mlp: MlpWeights;
}

/** The side tensors of one source layer; norms [D], each absent where the family has none there. */
export interface SideWeights {
  readonly attention: AttentionSides;
  readonly attentionNorm: Tensor | undefined;
  readonly attentionOutputNorm: Tensor | undefined;
  readonly mlpNorm: Tensor | undefined;
  readonly mlpOutputNorm: Tensor | undefined;
}

/**
 * One decoder layer with the projections of one source layer, whose type it has, and the sides of another (methods.md 1.5: a merge
 * under `replace-top` is exactly this re-wiring). x [B*T, D] → [B*T, D]
 */
export function decoderLayer(
  tf: TensorOps,
  layer: { readonly projections: ProjectionWeights; readonly sides: SideWeights; readonly type: LayerType },
  x: Tensor2D,
  context: DecoderContext,
): Tensor2D {
  const { projections, sides, type } = layer;
  const tables = context.tables.get(type);
  if (!tables) throw new RangeError(`decoderLayer: no layer of this model is ${type}`);
  const norm = (state: Tensor2D, weight: Tensor | undefined) =>
    weight ? rmsNorm(tf, state, weight, context.eps) : state;
  return tf.tidy(() => {
    const normed = norm(x, sides.attentionNorm);
    const mixed = attention(tf, projections.attention, sides.attention, normed, context, tables);
    const attended: Tensor2D = tf.add(x, norm(mixed, sides.attentionOutputNorm));
    const gated = mlp(tf, projections.mlp, norm(attended, sides.mlpNorm), context);
    return tf.add(attended, norm(gated, sides.mlpOutputNorm));
  });
}
