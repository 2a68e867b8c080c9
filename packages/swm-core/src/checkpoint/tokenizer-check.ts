import { tokenizerMismatch, tokenizerMissing } from './checkpoint-errors.js';
import { isJsonObject } from './json-scanner.js';
import type { ModelFolder } from './model-source.js';
import { readSmallFile } from './open-model.js';

const MAX_TOKENIZER_BYTES = 100_000_000;

/**
 * Checks that tokenizer.json is there and that no id in it lies outside the embedding (I-28), those of `placeholders` apart. Throws
 * `CHECKPOINT.TOKENIZER_MISSING` or `CHECKPOINT.TOKENIZER_MISMATCH`. Costs tens of milliseconds, no weight is read.
 */
export async function checkTokenizer(
  folder: ModelFolder,
  vocabSize: number,
  placeholders: readonly string[] = [],
): Promise<void> {
  if (!(await folder.list()).includes('tokenizer.json')) throw tokenizerMissing();
  const text = new TextDecoder().decode(await readSmallFile(folder, 'tokenizer.json', MAX_TOKENIZER_BYTES));
  const largest = largestTokenId(parseTokenizer(text), new Set<unknown>(placeholders));
  if (largest >= vocabSize) {
    throw tokenizerMismatch(`it has token id ${largest}, the embedding ends at ${vocabSize - 1}`);
  }
}

function parseTokenizer(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Told apart from a tokenizer below: both mean that the file is not one.
  }
  throw tokenizerMismatch('it is not a JSON object');
}

/** Over the model's vocabulary (a map, or a list of pieces for unigram models) and the added tokens. */
function largestTokenId(tokenizer: Readonly<Record<string, unknown>>, placeholders: ReadonlySet<unknown>): number {
  const { model, added_tokens: added } = tokenizer;
  const vocab = isJsonObject(model) ? model.vocab : undefined;
  let largest = -1;
  const see = (id: unknown) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0)
      throw tokenizerMismatch('it has a token without a valid id');
    largest = Math.max(largest, id);
  };
  if (Array.isArray(vocab)) largest = vocab.length - 1;
  else if (isJsonObject(vocab)) for (const id of Object.values(vocab)) see(id);
  else throw tokenizerMismatch('it has no vocabulary');
  for (const token of Array.isArray(added) ? added : []) {
    const fields: Readonly<Record<string, unknown>> = isJsonObject(token) ? token : {};
    if (!placeholders.has(fields.content)) see(fields.id);
  }
  return largest;
}
