import type { CrossedError } from './crossed-error.js';

/** What the tokenizer's thread is started with: the model's files as text, and what to draw from which documents. */
export interface TokenizerThreadData {
  readonly tokenizer: string;
  /** `{}` where the model has none. */
  readonly tokenizerConfig: string;
  readonly documents: readonly string[];
  readonly samples: number;
  readonly tokens: number;
  readonly seed: number;
  readonly bosId: number | undefined;
}

export type TokenizerReply = { readonly tokenIds: number[][] } | { readonly error: CrossedError };
