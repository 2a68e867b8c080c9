import type { ModelSource } from '../checkpoint/model-source.js';
import type { StateSimilarity } from '../measure/similarity-collector.js';
import type { LayerPlan } from '../plan/index.js';

/** What ran: stored with every result. */
export interface EngineInfo {
  /** 'tfjs' or 'torch'. */
  readonly name: 'tfjs' | 'torch';
  /** 'tensorflow' | 'wasm' of tfjs, 'cuda' | 'mps' | 'cpu' of torch. */
  readonly backend: string;
  /** Package and version, e.g. `@tensorflow/tfjs-node-gpu@4.22.0` or `torch@2.13.0`. */
  readonly package: string;
  readonly device: 'cpu' | 'gpu';
  readonly dtype: 'f32' | 'bf16' | 'f16';
  /** Whether f32 products were rounded to TF32; absent where the engine does not know. */
  readonly tf32?: boolean;
  /** The device by its maker's name; absent where the engine does not know. */
  readonly deviceName?: string;
  /** Processor threads of a side process. */
  readonly threads?: number;
  /** Calibration samples computed at once: fewer than there are after memory ran out. torch only. */
  readonly batchSamples?: number;
  /** Why a preferred backend was not used; absent when the preferred one runs. */
  readonly fallbackReason?: string;
}

export type Quantity = 'cosine' | 'nll';

export interface Measurement {
  /** One number a calibration sample. cosine: of the flattened last hidden state (after the final norm) against the dense model's. nll: mean next-token loss in nats. */
  readonly perSample: readonly number[];
  /** Mean of `perSample`. */
  readonly mean: number;
  /** Decoder-layer forwards (one layer over the whole calibration batch) this answer cost; 0 when answered from memory. */
  readonly layerForwards: number;
  /** An earlier measurement of the same plan was given again. */
  readonly isRemembered?: true;
}

export interface LayerStatistics {
  /** Per layer: 1 - mean over tokens of cos(layer input, layer output), before the final norm. [L] */
  readonly blockInfluence: readonly number[];
  /**
   * Angle / π between the last token's states at two layer boundaries, averaged over samples: boundary b is the state entering
   * layer b, boundary L the one leaving the last layer, before the final norm. Symmetric, 0 on the diagonal. [L+1][L+1]
   */
  readonly angularDistance: readonly (readonly number[])[];
  readonly layerForwards: number;
}

/** Everything one dense pass tells of how alike the layers are. */
export interface LayerSimilarity extends LayerStatistics, StateSimilarity {}

export interface BlockGradients {
  /** Per layer: sum of |w * dL/dw| over its matrices and norms, L the mean next-token loss (Shortened-LLM's Taylor score). [L] */
  readonly scores: readonly number[];
  readonly layerForwards: number;
}

/** One model on one calibration matrix. Every number is finite or the call throws `ENGINE.NON_FINITE` naming the layer. */
export interface EngineSession {
  readonly info: EngineInfo;
  measure(plan: LayerPlan, quantity: Quantity): Promise<Measurement>;
  layerStatistics(): Promise<LayerStatistics>;
  /** The statistics and more, for people to look at; methods need the statistics alone, which cost less. `MEASURE.DEGENERATE_LAYER` where undefined. */
  layerSimilarity(): Promise<LayerSimilarity>;
  /** Of the dense model. `ENGINE.NO_GRADIENTS` where the engine has none. */
  blockGradients(): Promise<BlockGradients>;
  /** Logits [B, T, V] of the model under `plan`, row-major f32, for parity tests on tiny inputs. */
  logits(
    plan: LayerPlan,
  ): Promise<{ readonly shape: readonly [number, number, number]; readonly values: Float32Array }>;
  close(): Promise<void>;
}

export interface Engine {
  readonly info: EngineInfo;
  /** @param tokenIds calibration token ids, [B][T], all rows of one length. */
  open(source: ModelSource, tokenIds: readonly (readonly number[])[]): Promise<EngineSession>;
}
