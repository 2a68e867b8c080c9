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

/** The decoder's hyperparameters, read from config.json and checked against the tensors. */
export interface ModelConfig {
  readonly architecture: string; // 'llama'
  readonly depth: number; // L
  readonly hiddenSize: number; // D
  readonly queryHeads: number; // N
  readonly kvHeads: number; // K
  readonly headSize: number; // H
  readonly mlpSize: number; // F
  readonly vocabSize: number; // V
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
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
