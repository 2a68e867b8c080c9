/** Random access to bytes; the only way core reads. Implementations (files) live in the shell. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset`, or throws. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `target` from `offset`, or throws: the fast path of copying, which reuses its buffers. */
  readInto?(offset: number, target: Uint8Array): Promise<void>;
}

/** Sequential sink; the only way core writes. */
export interface ByteSink {
  /** Appends. The caller may reuse `bytes` once the promise is settled. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more bytes follow; resolves when they are durable. */
  close(): Promise<void>;
}

/** A folder seen by core: names are single path segments inside the model folder, never paths. */
export interface ModelFolder {
  /** File names in the folder (no directories). */
  list(): Promise<readonly string[]>;
  open(fileName: string): Promise<ByteSource>;
}

export type TensorDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

export interface TensorEntry {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
}

/** What a layer's tokens see: all before them, or `slidingWindow` tokens up to and with themselves. */
export type LayerType = 'full' | 'sliding';

/** The decoder's hyperparameters, read from config.json and checked against the tensors. */
export interface ModelConfig {
  readonly architecture: string; // 'llama', or another of architecture-of.ts
  readonly depth: number; // L
  readonly hiddenSize: number; // D
  readonly queryHeads: number; // N
  readonly kvHeads: number; // K
  readonly headSize: number; // H
  readonly mlpSize: number; // F
  readonly vocabSize: number; // V
  readonly rmsNormEps: number;
  /** Norms scale by (offset + weight). */
  readonly normOffset: 0 | 1;
  readonly activation: 'silu' | 'gelu-tanh';
  /** Scores are multiplied by it. */
  readonly attentionScale: number;
  /** c of c tanh(x / c) on scaled scores, before the mask. */
  readonly attentionSoftcap: number | null;
  /** c of c tanh(x / c) on logits. */
  readonly logitSoftcap: number | null;
  /** Embeddings are multiplied by it. */
  readonly embeddingScale: number;
  /** Written out whatever config.json leaves to a rule. [L] */
  readonly layerTypes: readonly LayerType[];
  /** Tokens that a token of a sliding layer sees, itself among them; null where no layer slides. */
  readonly slidingWindow: number | null;
  /** Base of the frequencies of full layers, before any scaling. */
  readonly ropeTheta: number;
  /** Inverse frequencies as transformers has them, rounded to f32. Each [H/2] */
  readonly ropeFrequencies: Readonly<Record<LayerType, readonly number[]>>;
  readonly isTied: boolean;
  /** config.json as parsed, for rewriting. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** An opened checkpoint: header verified, tensors readable one by one. */
export interface ModelSource {
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Raw little-endian bytes of one tensor as stored. */
  readTensor(name: string): Promise<Uint8Array>;
  /** The tensor as f32, converted from F32, F16 or BF16. */
  readFloat32(name: string): Promise<Float32Array>;
}
