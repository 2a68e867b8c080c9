/** A text whose perplexity is measured. The platform holds none: it is the user's, in SWM_TASK_DATA. */
export interface PerplexityTextDescription {
  readonly name: PerplexityText;
  readonly title: string;
  /** Plain text in SWM_TASK_DATA, as the data set is published: one row a line. */
  readonly file: string;
  readonly split: 'test' | 'validation';
}

export type PerplexityText = 'wikitext2' | 'ptb';

export const PERPLEXITY_TEXTS: readonly PerplexityTextDescription[] = [
  { name: 'wikitext2', title: 'WikiText-2', file: 'wikitext2.txt', split: 'test' },
  { name: 'ptb', title: 'Penn Treebank', file: 'ptb.txt', split: 'validation' },
];

/** Tokens a segment; half as many give about twice the perplexity, so that the length is a part of the metric's name. */
export const SEGMENT_TOKENS = 128;

/** The paper's own perplexity; never the harness's, which counts words. Lower is better; it never enters the mean. */
export const PAPER_PERPLEXITY = `paper_perplexity@${SEGMENT_TOKENS}` as const;

/** What one perplexity means: everything that can move it (methods.md 4.2). */
export interface PerplexityProtocol {
  readonly version: 1;
  readonly task: PerplexityText;
  readonly metric: typeof PAPER_PERPLEXITY;
  /** sha256 of the text file. */
  readonly dataSha256: string;
  readonly segmentTokens: number;
  /** The last incomplete one is dropped. */
  readonly batchSize: number;
  /** Once, before the whole text. */
  readonly bos: 'first';
  readonly dtype: 'float32';
  /** Segments, the first ones in whole batches; null for all. */
  readonly limit: number | null;
}

/** The paper's perplexity of a text, or of its first segments. */
export const perplexityProtocol = (
  task: PerplexityText,
  dataSha256: string,
  limit: number | null,
): PerplexityProtocol =>
  Object.freeze({
    ...{ version: 1, task, metric: PAPER_PERPLEXITY, dataSha256, limit },
    ...{ segmentTokens: SEGMENT_TOKENS, batchSize: 4, bos: 'first', dtype: 'float32' },
  } as const);

/** The text of that name; one that no release knew is a bug. */
export function perplexityTextOf(name: PerplexityText): PerplexityTextDescription {
  const text = PERPLEXITY_TEXTS.find((candidate) => candidate.name === name);
  if (!text) throw new Error(`the unknown text ${name}`);
  return text;
}
