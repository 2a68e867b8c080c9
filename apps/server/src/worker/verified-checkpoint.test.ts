import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { publishCheckpoint } from './checkpoint-files.js';
import { keepVerified, needWhole } from './verified-checkpoint.js';

let root: string;
let experiment: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'swm-verified-'));
  experiment = join(root, 'experiment');
  mkdirSync(experiment);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function publish() {
  const folder = join(root, 'c1');
  await publishCheckpoint({
    folder,
    write: async (openSink) => {
      const sink = await openSink('model.safetensors');
      await sink.write(Buffer.from('weights'));
      await sink.close();
      return { sourceRevision: 'r', plan: '{}', planId: 'p', weightsDigest: 'w', tools: {} };
    },
  });
  return { folder, weightsDigest: 'w', isIdentity: false };
}
/** Other bytes, and the times as they were. */
function damage(path: string): void {
  const { atime, mtime } = statSync(path);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
}
const need = (checkpoint: Parameters<typeof needWhole>[1]) => needWhole(experiment, checkpoint, 'M');

describe('before a checkpoint is loaded', () => {
  test('a whole one passes, also without a note of it', async () => {
    const checkpoint = await publish();
    await need(checkpoint);
    await need(checkpoint);
    await keepVerified(experiment, checkpoint.folder);
    await need(checkpoint);
  });

  test('damage after it was verified is found, and the file named', async () => {
    const checkpoint = await publish();
    await keepVerified(experiment, checkpoint.folder);
    damage(join(checkpoint.folder, 'model.safetensors'));
    await expect(need(checkpoint)).rejects.toMatchObject({
      code: 'CHECKPOINT.CORRUPT',
      message: expect.stringContaining('model.safetensors'),
    });
  });

  test('a damaged one gives way to the next export', async () => {
    const checkpoint = await publish();
    damage(join(checkpoint.folder, 'model.safetensors'));
    await publish();
    await need(checkpoint);
  });
});
