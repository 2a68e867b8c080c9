// Letters: B batch, T tokens, V vocab.
import type { ModelConfig } from '../../checkpoint/model-source.js';
import { meanOf } from '../../measure/cosine.js';
import { sampledRows } from '../../measure/sampled-rows.js';
import { mergedLayers } from '../../merge/merged-layers.js';
import { formatPlan, identityPlan, type LayerPlan } from '../../plan/index.js';
import type {
  BlockGradients,
  EngineInfo,
  EngineSession,
  LayerSimilarity,
  LayerStatistics,
  Measurement,
  Quantity,
} from '../engine.js';
import type { TorchClient } from './client.js';
import { countOf, type Fields, matrixOf, numbersOf } from './messages.js';
import { readCkaMatrices } from './read-cka.js';

/** One model and one calibration matrix in the side process; see `EngineSession`. It answers one call after the other. */
export class TorchSession implements EngineSession {
  constructor(
    private readonly client: TorchClient,
    private readonly config: ModelConfig,
    private readonly size: { readonly batch: number; readonly tokens: number },
    private current: EngineInfo,
  ) {}

  get info(): EngineInfo {
    return this.current;
  }

  async measure(plan: LayerPlan, quantity: Quantity): Promise<Measurement> {
    const value = await this.ask('measure', plan, { quantity });
    const perSample = numbersOf(value, 'perSample', this.size.batch);
    return { perSample, mean: meanOf(perSample), layerForwards: countOf(value, 'layerForwards') };
  }

  async layerStatistics(): Promise<LayerStatistics> {
    return this.readStatistics(await this.ask('layerStatistics', identityPlan(this.config.depth)));
  }

  async layerSimilarity(): Promise<LayerSimilarity> {
    const { depth } = this.config;
    const { batch, tokens } = this.size;
    const rows = { sampleRows: sampledRows(batch), tokenRows: sampledRows(batch * tokens) };
    const value = await this.ask('layerSimilarity', identityPlan(depth), rows);
    const cosine = matrixOf(value, 'cosine', depth + 1);
    return { ...this.readStatistics(value), cosine, cka: readCkaMatrices(value, depth) };
  }

  async blockGradients(): Promise<BlockGradients> {
    const value = await this.ask('blockGradients', identityPlan(this.config.depth));
    return { scores: numbersOf(value, 'scores', this.config.depth), layerForwards: countOf(value, 'layerForwards') };
  }

  async logits(plan: LayerPlan): ReturnType<EngineSession['logits']> {
    const shape = [this.size.batch, this.size.tokens, this.config.vocabSize] as const;
    const values = numbersOf(await this.ask('logits', plan), 'values', shape[0] * shape[1] * shape[2]);
    return { shape, values: Float32Array.from(values) };
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private readStatistics(value: Fields): LayerStatistics {
    const blockInfluence = numbersOf(value, 'blockInfluence', this.config.depth);
    const angularDistance = matrixOf(value, 'angularDistance', this.config.depth + 1);
    return { blockInfluence, angularDistance, layerForwards: countOf(value, 'layerForwards') };
  }

  /**
   * A plan crosses as [terms, sideFrom, typeFrom] of each output layer: its projections are the sum of weight * layer over the terms
   * [layer, weight], its type of attention is that of the last.
   */
  private async ask(call: string, plan: LayerPlan, fields: Fields = {}): Promise<Fields> {
    if (plan.sourceDepth !== this.config.depth)
      throw new RangeError(`ask: a plan of ${plan.sourceDepth} layers on a model of ${this.config.depth}`);
    const layers = mergedLayers(plan).map(({ projections, sideFrom, projectionsFrom }) => [
      projections.map(({ layer, weight }) => [layer, weight]),
      sideFrom,
      projectionsFrom,
    ]);
    const value = await this.client.ask(call, formatPlan(plan), { layers, ...fields });
    this.current = { ...this.current, batchSamples: countOf(value, 'batchSamples', 1) };
    return value;
  }
}
