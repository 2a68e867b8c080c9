import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { inspectModel } from '../models/inspect-model.js';
import { fileModelFolder, filesStateOf, verifyManifest } from './checkpoint-files.js';
import { keptDigests } from './kept-digests.js';
import { modelChanged } from './model-changed.js';

const FILE = 'verified-checkpoint.json';
const verifiedSchema = z.object({ folder: z.string(), filesState: z.string() });

/** Notes in an experiment's folder that a checkpoint is whole, with the state its files are in; they were hashed just now. */
export async function keepVerified(experimentFolder: string, folder: string, filesState?: string): Promise<void> {
  const state = filesState ?? (await filesStateOf(folder));
  await writeFile(join(experimentFolder, FILE), JSON.stringify({ folder, filesState: state }));
}

async function isKnownWhole(experimentFolder: string, folder: string, filesState: string): Promise<boolean> {
  try {
    const kept = verifiedSchema.parse(JSON.parse(await readFile(join(experimentFolder, FILE), 'utf8')));
    return kept.folder === folder && kept.filesState === filesState;
  } catch {
    return false; // Of an older version, or lost: it is verified again.
  }
}

/**
 * Before a checkpoint is loaded: every file against its manifest (I-18), or of the source model itself its weights against
 * the revision. Files that are in the state they were hashed in are not hashed again. Throws `CHECKPOINT.CORRUPT`, naming the
 * file, or `MODEL.CHANGED`.
 */
export async function needWhole(
  experimentFolder: string,
  checkpoint: { readonly folder: string; readonly weightsDigest: string; readonly isIdentity: boolean },
  modelName: string,
): Promise<void> {
  const { folder, weightsDigest, isIdentity } = checkpoint;
  if (isIdentity) {
    const source = await fileModelFolder(folder);
    try {
      if (await keptDigests(experimentFolder, source)) return;
    } finally {
      await source.close();
    }
    const { revision } = await inspectModel(folder);
    if (revision !== weightsDigest) throw modelChanged(modelName);
    return;
  }
  // Taken before the hashing: whatever is written meanwhile shows.
  const filesState = await filesStateOf(folder);
  if (await isKnownWhole(experimentFolder, folder, filesState)) return;
  await verifyManifest(folder);
  await keepVerified(experimentFolder, folder, filesState);
}
