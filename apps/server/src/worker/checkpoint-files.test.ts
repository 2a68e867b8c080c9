import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteSink } from '@swm/core/checkpoint';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  FileByteSource,
  fileModelFolder,
  publishCheckpoint,
  sweepTemporaryFolders,
  verifyManifest,
} from './checkpoint-files.js';

const FACTS = {
  sourceRevision: 'abc',
  plan: '{}',
  planId: 'p1',
  weightsDigest: 'w1',
  tools: { 'swm-platform': '0.1.0' },
};

let root: string;
let target: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'swm-files-'));
  target = join(root, 'checkpoints', 'c1');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

type OpenSink = (fileName: string) => Promise<ByteSink>;

async function put(openSink: OpenSink, name: string, text: string): Promise<void> {
  const sink = await openSink(name);
  await sink.write(Buffer.from(text));
  await sink.write(Buffer.from(text));
  await sink.close();
}

const publish = (facts = FACTS, text = 'weights') =>
  publishCheckpoint({
    folder: target,
    write: async (openSink) => {
      await put(openSink, 'model.safetensors', text);
      await put(openSink, 'config.json', '{}');
      return facts;
    },
  });

describe('publishCheckpoint', () => {
  test('publishes files and a manifest that others can check', async () => {
    const manifest = await publish();
    expect(readdirSync(target).sort()).toEqual(['config.json', 'manifest.json', 'model.safetensors']);
    expect(await verifyManifest(target)).toEqual(manifest);
    for (const { name, sha256, sizeBytes } of manifest.files) {
      expect(execFileSync('sha256sum', [join(target, name)]).toString()).toContain(sha256);
      expect(statSync(join(target, name)).size).toBe(sizeBytes);
    }
    expect(JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8'))).toMatchObject(FACTS);
    expect(readdirSync(join(root, 'checkpoints'))).toEqual(['c1']);
  });

  test('is idempotent; another checkpoint in its place is never overwritten', async () => {
    const first = await publish();
    const { mtimeMs } = statSync(target);
    expect(await publish()).toEqual(first);
    await expect(publish({ ...FACTS, weightsDigest: 'w2' }, 'other')).rejects.toMatchObject({
      code: 'CHECKPOINT.ALREADY_EXISTS',
    });
    expect(statSync(target).mtimeMs).toBe(mtimeMs);
    expect(await verifyManifest(target)).toEqual(first);
    expect(readdirSync(join(root, 'checkpoints'))).toEqual(['c1']);
  });

  test('racing publishers leave one whole checkpoint', async () => {
    const manifests = await Promise.all(Array.from({ length: 5 }, () => publish()));
    for (const manifest of manifests) expect(manifest).toEqual(manifests[0]);
    expect(readdirSync(join(root, 'checkpoints'))).toEqual(['c1']);
  });

  test('a failure leaves nothing behind', async () => {
    const write = async (openSink: OpenSink) => {
      await put(openSink, 'model.safetensors', 'half');
      await openSink('config.json');
      throw new Error('stopped');
    };
    await expect(publishCheckpoint({ folder: target, write })).rejects.toThrow('stopped');
    expect(readdirSync(join(root, 'checkpoints'))).toEqual([]);
  });

  test.each(['../x', 'a/b', '..', '', 'manifest.json'])('does not write %j', async (name) => {
    const write = async (openSink: OpenSink) => {
      await put(openSink, name, 'x');
      return FACTS;
    };
    await expect(publishCheckpoint({ folder: target, write })).rejects.toMatchObject({ code: 'MODEL.FILE_INVALID' });
    expect(readdirSync(root)).toEqual(['checkpoints']);
  });

  test('a disk too small is refused before anything is written', async () => {
    const write = () => Promise.reject(new Error('was called'));
    await expect(publishCheckpoint({ folder: target, write, neededBytes: 1e18 })).rejects.toMatchObject({
      code: 'STORAGE.NO_SPACE',
    });
  });

  test('a full disk while writing is STORAGE.NO_SPACE', async () => {
    const write = async (openSink: OpenSink) => {
      const sink = await openSink('a');
      // The real device that is always full, through the same system call.
      const full = await import('node:fs/promises').then(({ writeFile }) =>
        writeFile('/dev/full', 'x').catch((error: unknown) => error),
      );
      await sink.write(Buffer.from('x'));
      throw full;
    };
    await expect(publishCheckpoint({ folder: target, write })).rejects.toMatchObject({ code: 'STORAGE.NO_SPACE' });
    expect(readdirSync(join(root, 'checkpoints'))).toEqual([]);
  });
});

describe('verifyManifest names the file', () => {
  const DAMAGE: readonly (readonly [what: string, file: string, damage: (folder: string) => void])[] = [
    [
      'a changed byte',
      'model.safetensors',
      (folder) => writeFileSync(join(folder, 'model.safetensors'), 'weightsweightz'),
    ],
    ['a truncated file', 'model.safetensors', (folder) => truncateSync(join(folder, 'model.safetensors'), 3)],
    ['a missing file', 'config.json', (folder) => rmSync(join(folder, 'config.json'))],
    ['an additional file', 'modeling.py', (folder) => writeFileSync(join(folder, 'modeling.py'), '')],
    ['no manifest', 'manifest.json', (folder) => rmSync(join(folder, 'manifest.json'))],
    ['a manifest that is no JSON', 'manifest.json', (folder) => writeFileSync(join(folder, 'manifest.json'), '{')],
    [
      'a manifest of another version',
      'manifest.json',
      (folder) => writeFileSync(join(folder, 'manifest.json'), '{"version":2}'),
    ],
  ];
  test.each(DAMAGE)('%s: %s', async (_, file, damage) => {
    await publish();
    damage(target);
    await expect(verifyManifest(target)).rejects.toMatchObject({
      code: 'CHECKPOINT.CORRUPT',
      message: expect.stringContaining(file),
    });
  });
});

describe('sweepTemporaryFolders', () => {
  test('removes what dead processes left, and nothing else', async () => {
    const dead = execFileSync('sh', ['-c', 'echo $$']).toString().trim();
    for (const name of [`.tmp-${dead}-x`, '.tmp-1-x', `.tmp-${process.pid}-x`, 'c1']) mkdirSync(join(root, name));
    expect(await sweepTemporaryFolders(root)).toEqual([`.tmp-${dead}-x`, `.tmp-${process.pid}-x`].sort());
    expect(readdirSync(root).sort()).toEqual(['.tmp-1-x', 'c1']);
    expect(await sweepTemporaryFolders(join(root, 'none'))).toEqual([]);
  });
});

describe('fileModelFolder never reads outside', () => {
  test('a missing folder', async () => {
    await expect(fileModelFolder(join(root, 'none'))).rejects.toMatchObject({ code: 'MODEL.FOLDER_MISSING' });
    writeFileSync(join(root, 'file'), '');
    await expect(fileModelFolder(join(root, 'file'))).rejects.toMatchObject({ code: 'MODEL.FOLDER_MISSING' });
  });

  test('links out of the folder, pipes and folders are refused', async () => {
    const model = join(root, 'model');
    mkdirSync(join(model, 'sub'), { recursive: true });
    writeFileSync(join(root, 'secret'), 'secret');
    symlinkSync(join(root, 'secret'), join(model, 'model.safetensors'));
    symlinkSync('config.json', join(model, 'inside.json'));
    symlinkSync('nowhere', join(model, 'broken.json'));
    writeFileSync(join(model, 'config.json'), '{}');
    execFileSync('mkfifo', [join(model, 'pipe')]);
    const folder = await fileModelFolder(model);
    for (const name of ['model.safetensors', 'broken.json', 'pipe', 'sub', '../secret', '..', 'none']) {
      await expect(folder.open(name), name).rejects.toMatchObject({ code: 'MODEL.FILE_INVALID' });
    }
    expect((await folder.open('inside.json')).sizeBytes).toBe(2);
    expect([...(await folder.list())].sort()).toEqual([
      'broken.json',
      'config.json',
      'inside.json',
      'model.safetensors',
    ]);
    await folder.close();
  });

  test("the hub's cache keeps its files in blobs beside snapshots", async () => {
    const snapshot = join(root, 'models--x', 'snapshots', 'abc');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(root, 'models--x', 'blobs'));
    writeFileSync(join(root, 'models--x', 'blobs', 'f00'), '{}');
    symlinkSync('../../blobs/f00', join(snapshot, 'config.json'));
    const folder = await fileModelFolder(snapshot);
    expect(Buffer.from(await (await folder.open('config.json')).read(0, 2)).toString()).toBe('{}');
    await folder.close();
  });

  test('blobs that are a link elsewhere are no part of it', async () => {
    const snapshot = join(root, 'models--y', 'snapshots', 'abc');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(root, 'elsewhere'));
    writeFileSync(join(root, 'elsewhere', 'secret'), '{}');
    symlinkSync(join(root, 'elsewhere'), join(root, 'models--y', 'blobs'));
    symlinkSync(join(root, 'elsewhere', 'secret'), join(snapshot, 'config.json'));
    const folder = await fileModelFolder(snapshot);
    await expect(folder.open('config.json')).rejects.toMatchObject({ code: 'MODEL.FILE_INVALID' });
  });

  test('links to nowhere and in circles do not keep its state from being known', async () => {
    const model = join(root, 'model');
    mkdirSync(model);
    writeFileSync(join(model, 'config.json'), '{}');
    symlinkSync('nowhere', join(model, 'broken'));
    symlinkSync('loop', join(model, 'loop'));
    const folder = await fileModelFolder(model);
    const before = await folder.filesState();
    expect(await folder.filesState()).toBe(before);
    writeFileSync(join(model, 'config.json'), '{ }');
    expect(await folder.filesState()).not.toBe(before);
  });

  test('a folder of ten thousand files, or a file of holes, is none of a model', async () => {
    const model = join(root, 'model');
    mkdirSync(model);
    writeFileSync(join(model, 'model.safetensors'), 'x');
    truncateSync(join(model, 'model.safetensors'), 2 ** 40);
    const folder = await fileModelFolder(model);
    await expect(folder.open('model.safetensors')).rejects.toMatchObject({ code: 'MODEL.FILE_INVALID' });
    for (let at = 0; at < 10_000; at += 1) writeFileSync(join(model, String(at)), '');
    await expect(fileModelFolder(model)).rejects.toMatchObject({ code: 'MODEL.FOLDER_TOO_LARGE' });
  });

  test('reads exactly what is asked for, or fails', async () => {
    const path = join(root, 'f');
    writeFileSync(path, '0123456789');
    const source = await FileByteSource.open(path);
    expect(Buffer.from(await source.read(3, 4)).toString()).toBe('3456');
    await expect(source.read(8, 3)).rejects.toMatchObject({ code: 'MODEL.FILE_INVALID' });
    truncateSync(path, 5);
    await expect(source.read(3, 4)).rejects.toMatchObject({ message: expect.stringContaining('became shorter') });
    await source.close();
  });
});
