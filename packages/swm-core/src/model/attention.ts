// Letters: B batch, T tokens, D hidden, N query heads, K kv heads, G = N/K heads a group, H head size.
import type { ModelConfig } from '../checkpoint/model-source.js';
import { type RopeTables, rotate } from './rope.js';
import { project, type Tensor, type Tensor2D, type TensorOps, type WeightLayout } from './tensor-ops.js';

export interface AttentionWeights {
  /** q, k and v stacked: N*H + 2*K*H outputs. */
  readonly qkv: Tensor2D;
  readonly output: Tensor2D;
}

/** What attention needs besides weights; the same for all layers. */
export interface AttentionContext {
  readonly config: ModelConfig;
  readonly layout: WeightLayout;
  readonly batch: number; // B
  readonly tokens: number; // T
  readonly rope: RopeTables;
  readonly mask: Tensor; // [G*T, T], 0 where a token may look, a large negative number elsewhere
}

/** 0 on and below the diagonal, -1e9 above, once for each head of a group. → [G*T, T] */
export function causalMask(tf: TensorOps, tokens: number, group: number): Tensor {
  const values = new Float32Array(group * tokens * tokens);
  for (let row = 0; row < group * tokens; row += 1) {
    for (let column = (row % tokens) + 1; column < tokens; column += 1) values[row * tokens + column] = -1e9;
  }
  return tf.tensor(values, [group * tokens, tokens]);
}

/**
 * Grouped-query causal self-attention. A group's query heads are folded into rows, so keys and values are never repeated.
 * x [B*T, D] → [B*T, D]
 */
export function attention(tf: TensorOps, weights: AttentionWeights, x: Tensor2D, context: AttentionContext): Tensor2D {
  const { config, layout, batch: B, tokens: T, rope } = context;
  const { queryHeads: N, kvHeads: K, headSize: H } = config;
  const G = N / K;
  const qkv = project(tf, layout, x, weights.qkv); // [B*T, (N + 2K)*H]
  const [q, k, v] = tf.split(qkv, [N * H, K * H, K * H], 1);
  if (!q || !k || !v) throw new TypeError('split(qkv) gave fewer than three parts');
  const queries = rotate(tf, tf.reshape(q, [B, T, N, H]), rope);
  const keys = rotate(tf, tf.reshape(k, [B, T, K, H]), rope);
  const rows = tf.reshape(tf.transpose(queries, [0, 2, 1, 3]), [B * K, G * T, H]); // heads of a group lie together
  const columns = tf.reshape(tf.transpose(keys, [0, 2, 1, 3]), [B * K, T, H]);
  const values = tf.reshape(tf.transpose(tf.reshape(v, [B, T, K, H]), [0, 2, 1, 3]), [B * K, T, H]);
  const mixed =
    layout === 'out-in'
      ? attendBatched(tf, rows, columns, values, context)
      : attendOneByOne(tf, rows, columns, values, context);
  const heads = tf.transpose(tf.reshape(mixed, [B, N, T, H]), [0, 2, 1, 3]); // [B, T, N, H]
  return project(tf, layout, tf.reshape(heads, [B * T, N * H]), weights.output);
}

/** softmax(q kᵀ / √H + mask) v. q [X, G*T, H], k and v [X, T, H] → [X, G*T, H] */
function attendBatched(tf: TensorOps, q: Tensor, k: Tensor, v: Tensor, { config, mask }: AttentionContext): Tensor {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(config.headSize)); // [X, G*T, T]
  return tf.matMul(tf.softmax(tf.add(scores, mask)), v);
}

/** The same, one kv head of one sample at a time: wasm is fast only on plain two-dimensional products. */
function attendOneByOne(tf: TensorOps, q: Tensor, k: Tensor, v: Tensor, { config, mask }: AttentionContext): Tensor {
  const scale = 1 / Math.sqrt(config.headSize);
  const transposed = tf.unstack(tf.transpose(k, [0, 2, 1])); // X of [H, T]
  const values = tf.unstack(v); // X of [T, H]
  const parts = tf.unstack(q).map((rows, index) => {
    const column = transposed[index];
    const value = values[index];
    if (!column || !value) throw new TypeError('unstack gave fewer keys than queries');
    const scores = tf.mul(tf.matMul(rows as Tensor2D, column as Tensor2D), scale); // [G*T, T]; unstack of rank 3 is rank 2
    return tf.matMul(tf.softmax(tf.add(scores, mask)) as Tensor2D, value as Tensor2D); // [G*T, H]; rank kept by softmax
  });
  return tf.stack(parts);
}
