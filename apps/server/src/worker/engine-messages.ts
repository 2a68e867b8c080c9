import type {
  BlockGradients,
  EngineInfo,
  LayerSimilarity,
  LayerStatistics,
  Measurement,
  Quantity,
} from '@swm/core/engine';
import { CodedError } from '@swm/core/errors';

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

/** An error as it crosses threads: prototypes do not. */
export interface CrossedError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly coded:
    | {
        readonly code: string;
        readonly fix: string | undefined;
        readonly retryable: boolean;
        readonly details: unknown;
      }
    | undefined;
}

/** What a call gives; null for `close`. */
export type EngineAnswer = Measurement | LayerStatistics | LayerSimilarity | BlockGradients | null;

export type EngineReply =
  | { readonly id: 'open'; readonly info: EngineInfo }
  | { readonly id: number; readonly value: EngineAnswer }
  | { readonly id: number | 'open'; readonly error: CrossedError };

/** Rebuilds an error on this side of the thread. */
export function revive({ message, stack, coded }: CrossedError): Error {
  if (!coded) return Object.assign(new Error(message), { stack });
  const details = typeof coded.details === 'object' && coded.details !== null ? { ...coded.details } : {};
  return new CodedError({
    code: coded.code,
    message,
    retryable: coded.retryable,
    details,
    ...(coded.fix === undefined ? {} : { fix: coded.fix }),
  });
}
