import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TensorDigests } from '@swm/core/checkpoint';
import { z } from 'zod';
import type { FileModelFolder } from './checkpoint-files.js';

const FILE = 'tensor-digests.json';
const keptSchema = z.object({ filesState: z.string(), digests: z.record(z.string(), z.string()) });

/**
 * Keeps the digests of a model's weights in an experiment's folder, with the state its files had *before* they were hashed: as long
 * as they are in that state, nobody needs to hash them again.
 */
export async function keepDigests(
  experimentFolder: string,
  kept: { readonly filesState: string; readonly digests: TensorDigests },
): Promise<void> {
  const { filesState, digests } = kept;
  await writeFile(join(experimentFolder, FILE), JSON.stringify({ filesState, digests: Object.fromEntries(digests) }));
}

/** The digests that were kept, if the files are still in the state they were hashed in; undefined otherwise. */
export async function keptDigests(
  experimentFolder: string,
  folder: FileModelFolder,
): Promise<{ readonly filesState: string; readonly digests: TensorDigests } | undefined> {
  let kept: z.infer<typeof keptSchema>;
  try {
    kept = keptSchema.parse(JSON.parse(await readFile(join(experimentFolder, FILE), 'utf8')));
  } catch {
    return undefined; // Of an older version, or lost: they are hashed again.
  }
  if (kept.filesState !== (await folder.filesState())) return undefined;
  return { filesState: kept.filesState, digests: new Map(Object.entries(kept.digests)) };
}
