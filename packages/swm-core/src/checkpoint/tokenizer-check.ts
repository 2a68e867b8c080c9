import { tokenizerMismatch, tokenizerMissing } from './checkpoint-errors.js';
import { MAX_COMPANION_BYTES } from './companion-files.js';
import { JsonScanner, JsonSyntaxError } from './json-scanner.js';
import type { ModelFolder } from './model-source.js';
import { parseSmallFile } from './read-small-file.js';

const MAX_KEY_BYTES = 1024;
const MAX_CONTENT_BYTES = 1 << 16;

/**
 * Checks that tokenizer.json is there and that no id in it lies outside the embedding (I-28), those of `placeholders` apart. Throws
 * `CHECKPOINT.TOKENIZER_MISSING` or `CHECKPOINT.TOKENIZER_MISMATCH`. The file is walked through, never held as values: memory
 * stays at its size, and no weight is read.
 */
export async function checkTokenizer(
  folder: ModelFolder,
  vocabSize: number,
  placeholders: readonly string[] = [],
): Promise<void> {
  if (!(await folder.list()).includes('tokenizer.json')) throw tokenizerMissing();
  const known = new Set(placeholders);
  const largest = await parseSmallFile(folder, 'tokenizer.json', MAX_COMPANION_BYTES, (bytes) =>
    largestTokenId(bytes, known),
  );
  if (largest >= vocabSize) {
    throw tokenizerMismatch(`it has token id ${largest}, the embedding ends at ${vocabSize - 1}`);
  }
}

function largestTokenId(bytes: Uint8Array, placeholders: ReadonlySet<string>): number {
  const scanner = new JsonScanner(bytes);
  const largest = { model: -1, added: -1 };
  try {
    scanner.forEachKey(MAX_KEY_BYTES, (key) => {
      if (key === 'model' && scanner.isAtObject()) largest.model = Math.max(largest.model, largestOfModel(scanner));
      else if (key === 'added_tokens' && scanner.isAtArray())
        scanner.forEachItem(() => {
          largest.added = Math.max(largest.added, idOfAdded(scanner, placeholders));
        });
      else scanner.skipValue();
    });
    scanner.finish();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw tokenizerMismatch(`it is not a tokenizer: ${error.message}`);
    throw error;
  }
  if (largest.model === -1) throw tokenizerMismatch('it has no vocabulary');
  return Math.max(largest.model, largest.added);
}

/** Of the model's vocabulary: a map of pieces to ids, or a list of pieces for unigram models. */
function largestOfModel(scanner: JsonScanner): number {
  let largest = -1;
  scanner.forEachKey(MAX_KEY_BYTES, (key) => {
    if (key !== 'vocab') scanner.skipValue();
    else if (scanner.isAtArray()) {
      let count = 0;
      scanner.forEachItem(() => {
        scanner.skipValue();
        count += 1;
      });
      largest = Math.max(largest, count - 1);
    } else
      scanner.forEachValue(() => {
        largest = Math.max(largest, scanner.readUint());
      });
  });
  return largest;
}

/** -1 for a placeholder, whose id no text is ever encoded to. */
function idOfAdded(scanner: JsonScanner, placeholders: ReadonlySet<string>): number {
  let id = -1;
  let content: string | undefined;
  scanner.forEachKey(MAX_KEY_BYTES, (key) => {
    if (key === 'id') id = scanner.readUint();
    else if (key === 'content' && scanner.isAtString()) content = scanner.readString(MAX_CONTENT_BYTES);
    else scanner.skipValue();
  });
  if (id === -1) throw scanner.fail('an added token without an id');
  return content !== undefined && placeholders.has(content) ? -1 : id;
}
