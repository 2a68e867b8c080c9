// Letters: B batch, T tokens, N query heads, K kv heads, G = N/K heads a group.
import type { LayerType, ModelConfig } from '../checkpoint/model-source.js';
import { attentionMask } from './mask.js';
import { type RopeTables, ropeTables } from './rope.js';
import type { Tensor, TensorOps, WeightLayout } from './tensor-ops.js';

/** What attention of one layer type needs besides weights. */
export interface AttentionTables {
  readonly rope: RopeTables;
  readonly mask: Tensor; // [G*T, T]
}

/**
 * What the forward pass needs besides weights, made once for all layers. Numbers are scalars on the backend: given as JavaScript
 * numbers, each use would upload them again.
 */
export interface DecoderContext {
  readonly config: ModelConfig;
  readonly layout: WeightLayout;
  readonly batch: number; // B
  readonly tokens: number; // T
  readonly tables: ReadonlyMap<LayerType, AttentionTables>;
  readonly eps: Tensor;
  /** The caps and the embedding's scale; absent where the model has none. */
  readonly attentionSoftcap: Tensor | undefined;
  readonly logitSoftcap: Tensor | undefined;
  readonly embeddingScale: Tensor | undefined;
  /** Coefficients of x and x³ in the tanh approximation of GELU, which is x σ(linear x + cubic x³); absent for SiLU. */
  readonly gelu: { readonly linear: Tensor; readonly cubic: Tensor } | undefined;
}

/** 2 √(2/π), since (1 + tanh z) / 2 = σ(2z); the other is 0.044715 of it (Hendrycks and Gimpel, arXiv 1606.08415). */
const GELU_LINEAR = 2 * Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715 * GELU_LINEAR;

/** @param keep owns a tensor from here on, and gives it back where operations find it. */
export function createContext(
  tf: TensorOps,
  keep: <T extends Tensor>(tensor: T) => T,
  input: Pick<DecoderContext, 'config' | 'layout' | 'batch' | 'tokens'>,
): DecoderContext {
  const { config, tokens } = input;
  const { queryHeads, kvHeads, slidingWindow, attentionSoftcap, attentionScale, embeddingScale } = config;
  const scalar = (value: number): Tensor => keep(tf.scalar(value));
  const optional = (value: number | null): Tensor | undefined => (value === null ? undefined : scalar(value));
  const scoreScale = attentionScale / (attentionSoftcap ?? 1); // the cap divides scores before its tanh
  const tablesOf = (type: LayerType): AttentionTables => {
    const window = type === 'sliding' ? (slidingWindow ?? tokens) : tokens;
    const frequencies = config.ropeFrequencies[type];
    const rope = ropeTables(tf, { tokens, queryHeads, kvHeads, frequencies, scoreScale });
    const mask = attentionMask(tf, tokens, queryHeads / kvHeads, window);
    return { rope: { cos: keep(rope.cos), signedSin: keep(rope.signedSin) }, mask: keep(mask) };
  };
  return {
    ...input,
    tables: new Map([...new Set(config.layerTypes)].map((type) => [type, tablesOf(type)])),
    eps: scalar(config.rmsNormEps),
    attentionSoftcap: optional(attentionSoftcap),
    logitSoftcap: optional(config.logitSoftcap),
    embeddingScale: embeddingScale === 1 ? undefined : scalar(embeddingScale),
    gelu: config.activation === 'gelu-tanh' ? { linear: scalar(GELU_LINEAR), cubic: scalar(GELU_CUBIC) } : undefined,
  };
}
