// Letters: B batch, T tokens, D hidden, V vocab, L layers.
import type { ModelConfig, ModelSource } from '../../checkpoint/model-source.js';
import { angularDistances, lastTokens } from '../../measure/angular-distance.js';
import { blockInfluence } from '../../measure/block-influence.js';
import { cosinePerSampleOnBackend, meanOf } from '../../measure/cosine.js';
import { nextTokenLosses } from '../../measure/next-token-loss.js';
import { SimilarityCollector } from '../../measure/similarity-collector.js';
import { combineProjections } from '../../merge/combine-projections.js';
import { type MergedLayer, mergedLayers, soleLayer, termsKey } from '../../merge/merged-layers.js';
import { decoderLayer } from '../../model/decoder.js';
import { createContext, type DecoderContext } from '../../model/decoder-context.js';
import { logitsOf } from '../../model/logits.js';
import { rmsNorm } from '../../model/rms-norm.js';
import type { Tensor2D, TensorOps } from '../../model/tensor-ops.js';
import { formatPlan, identityPlan, type LayerPlan } from '../../plan/index.js';
import { checkTokens } from '../calibration-tokens.js';
import type { EngineInfo, EngineSession, LayerSimilarity, LayerStatistics, Measurement, Quantity } from '../engine.js';
import { noGradients, nonFinite, outOfMemory } from '../engine-errors.js';
import { PrefixCache } from '../prefix-cache.js';
import type { TfjsBackend } from './backend.js';
import { Uploader } from './uploader.js';
import { loadWeights, type ModelWeights } from './weights.js';

const DEFAULT_CACHE_BYTES = 1_500_000_000;

const pathKey = ({ projections, sideFrom }: MergedLayer): string => `${termsKey(projections)}:${sideFrom}`;

/**
 * Bytes left for the prefix cache beside weights and one layer's intermediate results; throws `ENGINE.OUT_OF_MEMORY` when not
 * even the weights fit. Only wasm has a limit; its matrix library keeps a second copy of every weight.
 */
function cacheBudget(backend: TfjsBackend, source: ModelSource, rows: number, wantedBytes: number): number {
  const { memoryLimitBytes, info } = backend;
  if (memoryLimitBytes === null) return wantedBytes;
  const { hiddenSize: D, mlpSize: F, queryHeads: N, headSize: H, vocabSize: V } = source.config;
  const values = [...source.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), V * D);
  const working = 4 * rows * (4 * D + 6 * F + 6 * N * H);
  const neededBytes = 2 * 4 * values + working;
  if (neededBytes > memoryLimitBytes) throw outOfMemory(info.backend, neededBytes, memoryLimitBytes);
  return Math.min(wantedBytes, memoryLimitBytes - neededBytes);
}

/** One model and one calibration matrix on a TensorFlow.js backend; see `EngineSession`. Calls are answered one at a time. */
export class TfjsSession implements EngineSession {
  readonly info: EngineInfo;
  private readonly tf: TensorOps;
  private readonly tokenIds: Int32Array; // [B*T]
  private denseLast: Tensor2D | undefined; // [B*T, D], after the final norm; ours
  private isClosed = false;

  private constructor(
    private readonly backend: TfjsBackend,
    private readonly owned: Uploader,
    private readonly config: ModelConfig,
    private readonly weights: ModelWeights,
    private readonly context: DecoderContext,
    private readonly cache: PrefixCache<Tensor2D>,
    tokenIds: readonly (readonly number[])[],
  ) {
    this.info = backend.info;
    this.tf = backend.tf;
    this.tokenIds = Int32Array.from(tokenIds.flat());
  }

  /** @param tokenIds [B][T]. Throws `ENGINE.BAD_TOKENS`, `ENGINE.OUT_OF_MEMORY`, or what reading the weights throws. */
  static async open(
    backend: TfjsBackend,
    source: ModelSource,
    tokenIds: readonly (readonly number[])[],
    cacheBytes = DEFAULT_CACHE_BYTES,
  ): Promise<TfjsSession> {
    const { config } = source;
    checkTokens(tokenIds, config);
    const { tf, layout } = backend;
    const [batch, tokens] = [tokenIds.length, tokenIds[0]?.length ?? 0];
    const budget = cacheBudget(backend, source, batch * tokens, cacheBytes);
    return backend.inTurn(async () => {
      const owned = new Uploader(backend);
      try {
        const context = createContext(tf, (tensor) => owned.own(tensor), { config, layout, batch, tokens });
        const weights = await loadWeights(owned, source);
        const cache = new PrefixCache<Tensor2D>(config.depth, batch * tokens * config.hiddenSize * 4, budget);
        return new TfjsSession(backend, owned, config, weights, context, cache, tokenIds);
      } catch (error) {
        owned.dispose();
        throw error;
      }
    });
  }

  measure(plan: LayerPlan, quantity: Quantity): Promise<Measurement> {
    return this.inTurn(async () => {
      const denseForwards = quantity === 'cosine' ? await this.ensureDense() : 0;
      const { last, layerForwards } = this.walk(plan);
      try {
        const perSample =
          quantity === 'cosine' ? await this.cosines(last, this.denseLast ?? last) : await this.losses(last);
        if (!perSample.every(Number.isFinite)) await this.blame(plan);
        return { perSample, mean: meanOf(perSample), layerForwards: denseForwards + layerForwards };
      } finally {
        last.dispose();
      }
    });
  }

  layerStatistics(): Promise<LayerStatistics> {
    return this.inTurn(() => this.statistics(() => {}));
  }

  layerSimilarity(): Promise<LayerSimilarity> {
    return this.inTurn(async () => {
      const { batch, tokens, config } = this.context;
      const collector = new SimilarityCollector({ batch, tokens, hidden: config.hiddenSize });
      const statistics = await this.statistics((state) => collector.add(state));
      return { ...statistics, ...collector.finish() };
    });
  }

  blockGradients(): Promise<never> {
    return Promise.reject(noGradients('tfjs'));
  }

  logits(plan: LayerPlan): ReturnType<EngineSession['logits']> {
    return this.inTurn(async () => {
      const { last } = this.walk(plan);
      const logits = logitsOf(this.tf, last, this.weights.head(), this.context); // [B*T, V]
      const values = await valuesOf(logits);
      this.tf.dispose([last, logits]);
      if (!values.every(Number.isFinite)) await this.blame(plan);
      return { shape: [this.context.batch, this.context.tokens, this.config.vocabSize], values };
    });
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    await this.inTurn(async () => {
      this.isClosed = true;
      this.cache.dispose();
      this.owned.dispose();
      this.denseLast?.dispose();
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.backend.inTurn(async () => {
      if (this.isClosed) throw new Error('TfjsSession: used after close');
      return work();
    });
  }

  /** One pass through the dense model; `visit` sees the state [B*T, D] at each boundary, the embedding first. */
  private async statistics(visit: (state: Float32Array) => void): Promise<LayerStatistics> {
    const { config } = this;
    const plan = identityPlan(config.depth);
    const { tokens } = this.context;
    const influences: number[] = [];
    const boundaries: Float32Array[] = [];
    let state = this.embed();
    try {
      let input = await valuesOf(state);
      boundaries.push(lastTokens(input, tokens, config.hiddenSize));
      visit(input);
      for (const layer of mergedLayers(plan)) {
        const next = this.step(layer, state);
        state.dispose();
        state = next;
        const output = await valuesOf(state);
        influences.push(blockInfluence(input, output, config.hiddenSize));
        boundaries.push(lastTokens(output, tokens, config.hiddenSize));
        visit(output);
        input = output;
      }
    } finally {
      state.dispose();
    }
    const distances = angularDistances(boundaries, config.hiddenSize);
    if (![...influences, ...distances.flat()].every(Number.isFinite)) await this.blame(plan);
    return { blockInfluence: influences, angularDistance: distances, layerForwards: config.depth };
  }

  /** [B*T] → [B*T, D] */
  private embed(): Tensor2D {
    const { tf, context } = this;
    return tf.tidy(() => {
      const rows: Tensor2D = tf.gather(this.weights.embedding, tf.tensor1d(this.tokenIds, 'int32'));
      return context.embeddingScale ? tf.mul(rows, context.embeddingScale) : rows;
    });
  }

  /** One layer; where its projections must be computed, they live only as long as this call. */
  private step({ projections: terms, projectionsFrom, sideFrom }: MergedLayer, state: Tensor2D): Tensor2D {
    const { tf, weights, context } = this;
    const sole = soleLayer(terms);
    const sides = weights.sides[sideFrom];
    const type = this.config.layerTypes[projectionsFrom];
    if (!sides || !type)
      throw new RangeError(`step: layers ${projectionsFrom} and ${sideFrom} of a model with ${this.config.depth}`);
    return tf.tidy(() => {
      const projections =
        (sole === undefined ? undefined : weights.projections[sole]) ??
        combineProjections(tf, terms, weights.projections);
      return decoderLayer(tf, { projections, sides, type }, state, context);
    });
  }

  /** x [B*T, D] → [B*T, D] */
  private finalNorm(x: Tensor2D): Tensor2D {
    return this.tf.tidy(() => rmsNorm(this.tf, x, this.weights.finalNorm, this.context.eps));
  }

  /** Runs the plan from the deepest state it shares with an earlier walk. `last` [B*T, D], after the final norm, is the caller's. */
  private walk(plan: LayerPlan): { readonly last: Tensor2D; readonly layerForwards: number } {
    if (plan.sourceDepth !== this.config.depth)
      throw new RangeError(`walk: a plan of ${plan.sourceDepth} layers on a model of ${this.config.depth}`);
    const layers = mergedLayers(plan);
    const path = layers.map(pathKey);
    const start = this.cache.begin(path);
    const kept = new Map<number, Tensor2D>(); // ours until the cache takes them
    let state = start ? start.state : this.embed();
    let boundary = start?.boundary ?? 0;
    const from = boundary;
    const freeUnkept = () => {
      if (state !== start?.state && !kept.has(boundary)) state.dispose();
    };
    try {
      if (!start) kept.set(0, state);
      for (const layer of layers.slice(from)) {
        const next = this.step(layer, state);
        freeUnkept();
        state = next;
        boundary += 1;
        if (this.cache.keeps(boundary) || boundary === layers.length) kept.set(boundary, state);
      }
      const last = this.finalNorm(state);
      this.cache.store(path, kept);
      return { last, layerForwards: layers.length - from };
    } catch (error) {
      freeUnkept();
      this.tf.dispose([...kept.values()]);
      throw error;
    }
  }

  /** Measures the dense model once; returns what that cost. */
  private async ensureDense(): Promise<number> {
    if (this.denseLast) return 0;
    const plan = identityPlan(this.config.depth);
    const { last, layerForwards } = this.walk(plan);
    try {
      if (!(await this.cosines(last, last)).every(Number.isFinite)) await this.blame(plan);
    } catch (error) {
      last.dispose();
      throw error;
    }
    this.denseLast = last;
    return layerForwards;
  }

  private cosines(last: Tensor2D, denseLast: Tensor2D): Promise<number[]> {
    return cosinePerSampleOnBackend(this.tf, last, denseLast, this.context.tokens);
  }

  private losses(last: Tensor2D): Promise<number[]> {
    const { tf, context, tokenIds } = this;
    return nextTokenLosses({ tf, context, last, head: this.weights.head(), tokenIds });
  }

  /** Walks the plan again, finds the first result that is not finite and throws `ENGINE.NON_FINITE` naming it. */
  private async blame(plan: LayerPlan): Promise<never> {
    const text = formatPlan(plan);
    let where = 'embedding';
    let state = this.embed();
    const advance = async (next: Tensor2D | undefined) => {
      if (next) {
        state.dispose();
        state = next;
      }
      if (!(await valuesOf(state)).every(Number.isFinite)) throw nonFinite(where, text);
    };
    try {
      await advance(undefined);
      for (const [index, layer] of mergedLayers(plan).entries()) {
        where = `output of layer ${index} (source layer ${layer.projectionsFrom})`;
        await advance(this.step(layer, state));
      }
      where = 'final norm';
      await advance(this.finalNorm(state));
    } finally {
      state.dispose();
    }
    throw nonFinite('head, or the similarity of a hidden state of zeros,', text);
  }
}

/** A copy of a tensor's values that outlives it. */
const valuesOf = async (tensor: Tensor2D): Promise<Float32Array> => new Float32Array(await tensor.data());
