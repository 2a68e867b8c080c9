// Letters: B batch, T tokens, D hidden, N query heads, K kv heads, G = N/K heads a group, H head size.
import type { AttentionTables, DecoderContext } from './decoder-context.js';
import { rmsNorm } from './rms-norm.js';
import { rotate } from './rope.js';
import { project, type Tensor, type Tensor2D, type TensorOps } from './tensor-ops.js';

export interface AttentionWeights {
  /** q, k and v stacked: N*H + 2*K*H outputs. */
  readonly qkv: Tensor2D;
  readonly output: Tensor2D;
}

/** What attention has besides projections; absent in most families. */
export interface AttentionSides {
  /** Of q, k and v. [N*H + 2*K*H] */
  readonly qkvBias: Tensor | undefined;
  /** Weights of the norm of each query and key head. [N+K, 1, H] */
  readonly headNorm: Tensor | undefined;
  /** Weights of norms over all query heads [N*H] and over all key heads [K*H]. */
  readonly wideNorms: { readonly query: Tensor; readonly key: Tensor } | undefined;
}

/**
 * Grouped-query causal self-attention. Queries and keys lie together from the projection to the rotation; a group's query heads are
 * folded into rows, so keys and values are never repeated. x [B*T, D] → [B*T, D]
 */
export function attention(
  tf: TensorOps,
  weights: AttentionWeights,
  sides: AttentionSides,
  x: Tensor2D,
  context: DecoderContext,
  tables: AttentionTables,
): Tensor2D {
  const { config, layout, batch: B, tokens: T } = context;
  const { queryHeads: N, kvHeads: K, headSize: H } = config;
  const projected = project(tf, layout, x, weights.qkv); // [B*T, (N + 2K)*H]
  const biased = sides.qkvBias ? tf.add(projected, sides.qkvBias) : projected;
  const normed = sides.wideNorms ? normWide(tf, biased, sides.wideNorms, context) : biased;
  const heads = tf.transpose(tf.reshape(normed, [B, T, N + 2 * K, H]), [0, 2, 1, 3]); // [B, N+2K, T, H]
  const [queryKeys, v] = tf.split(heads, [N + K, K], 1);
  if (!queryKeys || !v) throw new TypeError('split(qkv) gave fewer than two parts');
  const prepared = sides.headNorm ? rmsNorm(tf, queryKeys, sides.headNorm, context.eps) : queryKeys;
  const [q, k] = tf.split(rotate(tf, prepared, tables.rope), [N, K], 1);
  if (!q || !k) throw new TypeError('split(queryKeys) gave fewer than two parts');
  const attend = layout === 'out-in' ? attendBatched : attendOneByOne;
  const mixed = tf.transpose(attend(tf, q, k, v, context, tables.mask), [0, 2, 1, 3]); // [B, T, N, H]
  return project(tf, layout, tf.reshape(mixed, [B * T, N * H]), weights.output);
}

/** Norms over all query heads and over all key heads. qkv [B*T, (N + 2K)*H] → the same */
function normWide(
  tf: TensorOps,
  qkv: Tensor,
  norms: NonNullable<AttentionSides['wideNorms']>,
  { config, eps }: DecoderContext,
): Tensor {
  const { queryHeads: N, kvHeads: K, headSize: H } = config;
  const [q, k, v] = tf.split(qkv, [N * H, K * H, K * H], 1);
  if (!q || !k || !v) throw new TypeError('split(qkv) gave fewer than three parts');
  return tf.concat([rmsNorm(tf, q, norms.query, eps), rmsNorm(tf, k, norms.key, eps), v], 1);
}

/** Masked and capped softmax of scores, whose scale the queries carry. scores […, G*T, T] → the same */
function weigh<T extends Tensor>(tf: TensorOps, scores: T, { attentionSoftcap }: DecoderContext, mask: Tensor): T {
  const capped = attentionSoftcap ? tf.mul(tf.tanh(scores), attentionSoftcap) : scores;
  return tf.softmax(tf.add(capped, mask) as T); // the mask is no wider than scores
}

/** softmax(q kᵀ + mask) v. q [B, N, T, H], k and v [B, K, T, H] → [B, N, T, H] */
function attendBatched(tf: TensorOps, q: Tensor, k: Tensor, v: Tensor, context: DecoderContext, mask: Tensor): Tensor {
  const { batch: B, tokens: T, config } = context;
  const { queryHeads: N, kvHeads: K, headSize: H } = config;
  const isGrouped = N !== K; // a reshape is an operation of its own on this backend
  const rows = isGrouped ? tf.reshape(q, [B, K, (N / K) * T, H]) : q; // heads of a group lie together
  const mixed = tf.matMul(weigh(tf, tf.matMul(rows, k, false, true), context, mask), v); // [B, K, G*T, H]
  return isGrouped ? tf.reshape(mixed, [B, N, T, H]) : mixed;
}

/** The same, one kv head of one sample at a time: wasm is fast only on plain two-dimensional products. */
function attendOneByOne(tf: TensorOps, q: Tensor, k: Tensor, v: Tensor, context: DecoderContext, mask: Tensor): Tensor {
  const { batch: B, tokens: T, config } = context;
  const { queryHeads: N, kvHeads: K, headSize: H } = config;
  const transposed = tf.unstack(tf.reshape(tf.transpose(k, [0, 1, 3, 2]), [B * K, H, T])); // B*K of [H, T]
  const values = tf.unstack(tf.reshape(v, [B * K, T, H])); // B*K of [T, H]
  const parts = tf.unstack(tf.reshape(q, [B * K, (N / K) * T, H])).map((rows, index) => {
    const column = transposed[index];
    const value = values[index];
    if (!column || !value) throw new TypeError('unstack gave fewer keys than queries');
    const scores = tf.matMul(rows as Tensor2D, column as Tensor2D); // [G*T, T]; unstack of rank 3 is rank 2
    return tf.matMul(weigh(tf, scores, context, mask), value as Tensor2D); // [G*T, H]
  });
  return tf.reshape(tf.stack(parts), [B, N, T, H]);
}
