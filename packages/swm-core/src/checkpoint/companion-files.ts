import { fileTooLarge } from './checkpoint-errors.js';
import type { ModelFolder } from './model-source.js';
import { parseJsonObject, readSmallFile } from './read-small-file.js';
import { refuseTokenizerRedirects } from './redirects.js';

/** What transformers reads beside weights and config; an export copies these, and nothing else (I-24: no code travels). */
export const COMPANION_FILES = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'added_tokens.json',
  'chat_template.jinja',
];

/** The largest known tokenizer.json has 35 MB. */
export const MAX_COMPANION_BYTES = 50_000_000;
const MAX_TOKENIZER_CONFIG_BYTES = 4_000_000;

/**
 * Checks the files that go with the weights into every loader: each opens (a link that leaves the folder does not), none is
 * larger than any real one, and tokenizer_config.json sends nobody to another tokenizer. Throws `MODEL.FILE_INVALID`,
 * `CHECKPOINT.FILE_TOO_LARGE`, `CHECKPOINT.JSON_INVALID` or `CHECKPOINT.REDIRECTS`.
 */
export async function checkCompanions(folder: ModelFolder): Promise<void> {
  const present = new Set(await folder.list());
  for (const name of COMPANION_FILES.filter((file) => present.has(file))) {
    const source = await folder.open(name);
    if (source.sizeBytes > MAX_COMPANION_BYTES) throw fileTooLarge(name, source.sizeBytes, MAX_COMPANION_BYTES);
  }
  if (present.has('tokenizer_config.json')) refuseTokenizerRedirects(await readTokenizerConfig(folder));
}

/** tokenizer_config.json as parsed; throws as `checkCompanions` does. */
export async function readTokenizerConfig(folder: ModelFolder): Promise<Readonly<Record<string, unknown>>> {
  const fileName = 'tokenizer_config.json';
  return parseJsonObject(await readSmallFile(folder, fileName, MAX_TOKENIZER_CONFIG_BYTES), fileName);
}
