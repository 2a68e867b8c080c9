import type {
  BlockGradients,
  EngineInfo,
  LayerSimilarity,
  LayerStatistics,
  Measurement,
  Quantity,
} from '@swm/core/engine';
import type { CrossedError } from './crossed-error.js';

/** What the engine's thread is started with. */
export interface EngineThreadData {
  readonly folder: string;
  readonly tokenIds: readonly (readonly number[])[];
  readonly prefer: 'auto' | 'tensorflow' | 'wasm';
  readonly engineFolder: string;
  readonly unavailableReason: string | undefined;
}

/** A question to the thread; plans cross as canonical JSON. */
export type EngineRequest =
  | { readonly id: number; readonly call: 'measure'; readonly planJson: string; readonly quantity: Quantity }
  | { readonly id: number; readonly call: 'layerStatistics' | 'layerSimilarity' | 'blockGradients' }
  | { readonly id: number; readonly call: 'close' };

/** What a call gives; null for `close`. */
export type EngineAnswer = Measurement | LayerStatistics | LayerSimilarity | BlockGradients | null;

export type EngineReply =
  | { readonly id: 'open'; readonly info: EngineInfo }
  | { readonly id: number; readonly value: EngineAnswer }
  | { readonly id: number | 'open'; readonly error: CrossedError };
