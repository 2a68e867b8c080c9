// Letters: T tokens, D hidden, N query heads, K kv heads, H head size, V vocab. Plain loops in f64: slow, and sharing nothing.
import type { ModelSource } from '../../checkpoint/model-source.js';
import { type LayerPlan, type MergeRule, outputLayers } from '../../plan/index.js';

type Matrix = readonly (readonly number[])[];

/** What the model computes for one sample. */
export interface PlainSample {
  /** Hidden states entering each layer and leaving the last, before the final norm. [depth + 1][T][D] */
  readonly states: readonly Matrix[];
  /** After the final norm. [T][D] */
  readonly last: Matrix;
}

const dot = (a: readonly number[], b: ArrayLike<number>, offset = 0): number =>
  a.reduce((sum, value, at) => sum + value * (b[offset + at] ?? Number.NaN), 0);

/** x [T][I] times weight [O, I] → [T][O] */
const project = (x: Matrix, weight: Float32Array): Matrix =>
  x.map((row) => Array.from({ length: weight.length / row.length }, (_, out) => dot(row, weight, out * row.length)));

const addRows = (a: Matrix, b: Matrix): Matrix =>
  a.map((row, t) => row.map((value, at) => value + (b[t]?.[at] ?? Number.NaN)));

function norm(x: Matrix, weight: Float32Array, eps: number): Matrix {
  return x.map((row) => {
    const scale = 1 / Math.sqrt(dot(row, row) / row.length + eps);
    return row.map((value, at) => value * scale * (weight[at] ?? Number.NaN));
  });
}

/** Head `head` of every token, rotated by its position. x [T][heads*H] → [T][H] */
function headOf(x: Matrix, head: number, size: number, theta: number | undefined): Matrix {
  return x.map((row, position) => {
    const values = row.slice(head * size, (head + 1) * size);
    if (theta === undefined) return values;
    return values.map((value, at) => {
      const half = size / 2;
      const angle = position / theta ** ((2 * (at % half)) / size);
      const partner = at < half ? -(values[at + half] ?? Number.NaN) : (values[at - half] ?? Number.NaN);
      return value * Math.cos(angle) + partner * Math.sin(angle);
    });
  });
}

/** Causal softmax(q kᵀ / √H) v of one head. → [T][H] */
function attend(q: Matrix, k: Matrix, v: Matrix): Matrix {
  return q.map((query, t) => {
    const weights = k.slice(0, t + 1).map((key) => Math.exp(dot(query, key) / Math.sqrt(query.length)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return query.map((_, at) =>
      weights.reduce((sum, weight, s) => sum + (weight / total) * (v[s]?.[at] ?? Number.NaN), 0),
    );
  });
}

/** A projection of one output layer, by the sums of methods.md 1.5 as they are written there. `read(layer)` gives a source layer's. */
async function merged(
  { name, factor }: MergeRule,
  { first, last }: { readonly first: number; readonly last: number },
  read: (layer: number) => Promise<Float32Array>,
): Promise<Float32Array> {
  const layers = await Promise.all(Array.from({ length: last - first + 1 }, (_, offset) => read(first + offset)));
  const [low] = layers;
  const top = layers.at(-1);
  if (!low || !top) throw new RangeError('an empty window');
  if (name === 'keep-low' || first === last) return low;
  if (name === 'keep-top') return top;
  return low.map((start, at) => {
    const values = layers.map((layer) => layer[at] ?? Number.NaN);
    if (name === 'replace-top') return values.reduce((running, value) => running + factor * (value - running), start);
    const total = values.reduce((sum, value) => sum + (name === 'mean' ? value / values.length : value - start), 0);
    return start + factor * (name === 'mean' ? total - start : total);
  });
}

/** The model under a plan, one sample at a time. Oracle of the engine's tests. */
export async function plainForward(
  source: ModelSource,
  plan: LayerPlan,
  tokenIds: readonly (readonly number[])[],
): Promise<PlainSample[]> {
  const { queryHeads: N, kvHeads: K, headSize: H, hiddenSize: D, rmsNormEps: eps, ropeTheta: theta } = source.config;
  const embedding = await source.readFloat32('model.embed_tokens.weight');
  const samples: PlainSample[] = [];
  for (const row of tokenIds) {
    let x: Matrix = row.map((id) => Array.from(embedding.slice(id * D, (id + 1) * D)));
    const states = [x];
    for (const { window, sideFrom } of outputLayers(plan)) {
      const weight = (name: string) =>
        merged(plan.rule, window, (layer) => source.readFloat32(`model.layers.${layer}.${name}_proj.weight`));
      const side = (name: string) => source.readFloat32(`model.layers.${sideFrom}.${name}_layernorm.weight`);
      const input = norm(x, await side('input'), eps);
      const [q, k, v] = await Promise.all(
        ['q', 'k', 'v'].map(async (name) => project(input, await weight(`self_attn.${name}`))),
      );
      if (!q || !k || !v) throw new TypeError('three projections');
      const heads = Array.from({ length: N }, (_, head) => {
        const group = Math.floor(head / (N / K));
        return attend(headOf(q, head, H, theta), headOf(k, group, H, theta), headOf(v, group, H, undefined));
      });
      const mixed = x.map((_, t) => heads.flatMap((head) => head[t] ?? []));
      x = addRows(x, project(mixed, await weight('self_attn.o')));
      const normed = norm(x, await side('post_attention'), eps);
      const up = project(normed, await weight('mlp.up'));
      const gated = project(normed, await weight('mlp.gate')).map((gate, t) =>
        gate.map((value, at) => (value / (1 + Math.exp(-value))) * (up[t]?.[at] ?? Number.NaN)),
      );
      x = addRows(x, project(gated, await weight('mlp.down')));
      states.push(x);
    }
    samples.push({ states, last: norm(x, await source.readFloat32('model.norm.weight'), eps) });
  }
  return samples;
}

/** Mean next-token loss a sample, nats. → [B] */
export async function plainLosses(
  source: ModelSource,
  samples: readonly PlainSample[],
  tokenIds: readonly (readonly number[])[],
): Promise<number[]> {
  const head = await source.readFloat32(source.config.isTied ? 'model.embed_tokens.weight' : 'lm_head.weight');
  return samples.map(({ last }, sample) => {
    const losses = project(last, head)
      .slice(0, -1)
      .map((logits, t) => {
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        return Math.log(total) - (logits[tokenIds[sample]?.[t + 1] ?? -1] ?? Number.NaN);
      });
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  });
}
