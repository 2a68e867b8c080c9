import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { taskDataMissing } from '../lm-eval/eval-errors.js';
import { type PerplexityText, perplexityTextOf } from '../protocol/index.js';

/** sha256 of a text file. Throws `EVAL.TASK_DATA_MISSING`. */
export async function textSha256(file: string, name: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash).catch((error: unknown) => {
    throw taskDataMissing(name, error);
  });
  return hash.digest('hex');
}

/** Of each text that was asked for. */
export interface TextFiles {
  readonly files: Readonly<Partial<Record<PerplexityText, string>>>;
  readonly sha256: Readonly<Partial<Record<PerplexityText, string>>>;
}

/** The texts that perplexities are measured on, always the user's own, and their digests. Throws `EVAL.TASK_DATA_MISSING`. */
export async function locateTexts(
  localFolder: string | undefined,
  texts: readonly PerplexityText[],
): Promise<TextFiles> {
  if (texts.length === 0) return { files: {}, sha256: {} };
  if (localFolder === undefined) throw taskDataMissing('folder');
  const entries = await Promise.all(
    texts.map(async (name) => {
      const file = resolve(localFolder, perplexityTextOf(name).file);
      return { name, file, sha256: await textSha256(file, perplexityTextOf(name).file) };
    }),
  );
  const record = (key: 'file' | 'sha256') => Object.fromEntries(entries.map((entry) => [entry.name, entry[key]]));
  return { files: record('file'), sha256: record('sha256') };
}
