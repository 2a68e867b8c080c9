import { createHash, type Hash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { type ByteSink, type ByteSource, copyRanges, type ModelFolder, parseStrictJson } from '@swm/core/checkpoint';
import { CodedError, isCodedError } from '@swm/core/errors';

/** A read may not ask the kernel for 2 GiB or more at once. */
const MAX_READ_BYTES = 1 << 30;
/** Write-back runs beside the copying from here on, instead of all of it in the closing fsync. */
const FLUSH_BYTES = 64 << 20;
/** A model's folder has tens of files, with a thousand shards a thousand. */
const MAX_FOLDER_ENTRIES = 10_000;
/** A file this large of which less than a sixty-fourth is on the disk was never written whole; no file system compresses weights so far. */
const SPARSE_FROM_BYTES = 64 << 20;
const SPARSE_FACTOR = 64;
/** What `stat` counts blocks in. */
const BLOCK_BYTES = 512;
const MANIFEST = 'manifest.json';
/** Names of what is being written or deleted; followed by the number of the process. */
export const TEMPORARY_PREFIX = '.tmp-';

/** A regular file, read at any offset. Close it; `FileModelFolder.close` does for those it opened. */
export class FileByteSource implements ByteSource {
  private constructor(
    private readonly handle: FileHandle,
    private readonly name: string,
    readonly sizeBytes: number,
  ) {}

  /** Opens without following a link or waiting on a pipe; anything but a regular file is `MODEL.FILE_INVALID`. */
  static async open(path: string): Promise<FileByteSource> {
    const name = basename(path);
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
      (error: unknown) => {
        throw fileInvalid(name, 'it cannot be opened', error);
      },
    );
    const found = await handle.stat();
    const { size, blocks } = found;
    // Some file systems count no blocks: there nothing is known. Hashing a terabyte of holes would take hours.
    const isSparse = size > SPARSE_FROM_BYTES && blocks > 0 && blocks * BLOCK_BYTES * SPARSE_FACTOR < size;
    if (found.isFile() && !isSparse) return new FileByteSource(handle, name, size);
    await handle.close();
    throw fileInvalid(name, isSparse ? 'it is nearly empty: most of it was never written' : 'it is not a regular file');
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || length < 0 || offset + length > this.sizeBytes) throw this.outOfRange(offset, length);
    const bytes = Buffer.allocUnsafeSlow(length);
    await this.readInto(offset, bytes);
    return bytes;
  }

  async readInto(offset: number, target: Uint8Array): Promise<void> {
    if (offset < 0 || offset + target.length > this.sizeBytes) throw this.outOfRange(offset, target.length);
    for (let filled = 0; filled < target.length; ) {
      const length = Math.min(target.length - filled, MAX_READ_BYTES);
      const { bytesRead } = await this.handle.read(target, filled, length, offset + filled).catch((error: unknown) => {
        throw fileInvalid(this.name, 'it cannot be read', error);
      });
      if (bytesRead === 0) throw fileInvalid(this.name, 'it became shorter while it was read');
      filled += bytesRead;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private outOfRange(offset: number, length: number): CodedError {
    return fileInvalid(this.name, `bytes ${offset} to ${offset + length} of ${this.sizeBytes} were asked for`);
  }
}

/** A model folder on disk. Nothing outside it is read, whatever links it holds (I-23). Close it after use. */
export class FileModelFolder implements ModelFolder {
  private readonly opened = new Map<string, FileByteSource>();

  constructor(
    private readonly root: string,
    private readonly blobs: string | undefined,
  ) {}

  /** Files and links, sorted. More than `MAX_FOLDER_ENTRIES` entries are `MODEL.FOLDER_TOO_LARGE`. */
  async list(): Promise<readonly string[]> {
    const names: string[] = [];
    let count = 0;
    for await (const entry of await opendir(this.root)) {
      count += 1;
      if (count > MAX_FOLDER_ENTRIES) throw folderTooLarge();
      if (entry.isFile() || entry.isSymbolicLink()) names.push(entry.name);
    }
    return names.sort();
  }

  async open(fileName: string): Promise<ByteSource> {
    const known = this.opened.get(fileName);
    if (known) return known;
    if (!isPlainName(fileName)) throw fileInvalid(fileName, 'it is not a plain file name');
    const target = await this.locate(fileName);
    const source = await FileByteSource.open(target);
    this.opened.set(fileName, source);
    return source;
  }

  /** Size, inode and times of every file: whatever is written to one of them changes it, also where the times are set back. */
  async filesState(): Promise<string> {
    const lines = (await this.list()).map(async (name) => [name, ...(await this.stateOf(name))].join(' '));
    return createHash('sha256')
      .update((await Promise.all(lines)).join('\n'))
      .digest('hex');
  }

  /** Of what a name leads to; of the link alone where that is nothing which could be opened. */
  private async stateOf(name: string): Promise<readonly unknown[]> {
    const path = await this.locate(name).catch(() => undefined);
    const find = path === undefined ? lstat(join(this.root, name), { bigint: true }) : stat(path, { bigint: true });
    return find.then(
      ({ size, ino, mtimeNs, ctimeNs }) => [size, ino, mtimeNs, ctimeNs],
      () => ['gone'], // Removed since it was listed, or its name is no text.
    );
  }

  /** Where a name leads, links followed: into this folder or the hub's blobs, or `MODEL.FILE_INVALID`. */
  private async locate(fileName: string): Promise<string> {
    const target = await realpath(join(this.root, fileName)).catch((error: unknown) => {
      throw fileInvalid(fileName, 'it cannot be opened', error);
    });
    const isInside = [this.root, this.blobs].some((root) => root !== undefined && dirname(target) === root);
    if (!isInside) throw fileInvalid(fileName, 'it is a link that leaves the model folder');
    return target;
  }

  async close(): Promise<void> {
    const sources = [...this.opened.values()];
    this.opened.clear();
    await Promise.all(sources.map((source) => source.close()));
  }
}

/**
 * Opens a model folder, or throws `MODEL.FOLDER_MISSING`. In the hub's cache (`models--x/snapshots/<commit>`) the files
 * are links into `models--x/blobs`, which is then part of the folder.
 */
export async function fileModelFolder(path: string): Promise<FileModelFolder> {
  const root = await realpath(path).catch((error: unknown) => {
    throw folderMissing(error);
  });
  const folder = new FileModelFolder(root, await blobsOf(root));
  await folder.list().catch((error: unknown) => {
    throw isCodedError(error) ? error : folderMissing(error);
  });
  return folder;
}

/** The state of a model folder's files (see `FileModelFolder.filesState`). Throws what opening it throws. */
export async function filesStateOf(path: string): Promise<string> {
  const folder = await fileModelFolder(path);
  try {
    return await folder.filesState();
  } finally {
    await folder.close();
  }
}

/** The hub's `blobs` beside `snapshots`, where it is a folder in that very place: a link would make any folder part of the model. */
async function blobsOf(root: string): Promise<string | undefined> {
  if (basename(dirname(root)) !== 'snapshots') return undefined;
  const blobs = join(dirname(dirname(root)), 'blobs');
  const target = await realpath(blobs).catch(() => undefined);
  return target === blobs ? blobs : undefined;
}

/** What is known of a file after it was written. */
export interface WrittenFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A new file, hashed while it is written and durable once closed. */
export class FileByteSink implements ByteSink {
  private readonly hash: Hash = createHash('sha256');
  private sizeBytes = 0;
  private unflushedBytes = 0;
  private flushing: Promise<void> | undefined;
  private flushError: unknown;
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly handle: FileHandle,
    private readonly name: string,
  ) {}

  /** Fails if the file exists: a checkpoint never overwrites anything. */
  static async create(folder: string, name: string): Promise<FileByteSink> {
    return new FileByteSink(await open(join(folder, name), 'wx', 0o644), name);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const writing = this.writeAll(bytes);
    // Hashed on this thread while a pool thread writes: neither waits for the other.
    this.hash.update(bytes);
    await writing;
    this.unflushedBytes += bytes.length;
    if (this.unflushedBytes >= FLUSH_BYTES && this.flushing === undefined) this.flush();
  }

  close(): Promise<void> {
    this.closed ??= this.finish();
    return this.closed;
  }

  /** Only after `close`. */
  written(): WrittenFile {
    return { name: this.name, sizeBytes: this.sizeBytes, sha256: this.hash.copy().digest('hex') };
  }

  private async writeAll(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.sizeBytes);
      done += bytesWritten;
      this.sizeBytes += bytesWritten;
    }
  }

  private flush(): void {
    this.unflushedBytes = 0;
    this.flushing = this.handle.datasync().finally(() => {
      this.flushing = undefined;
    });
    // Linux reports a write-back error once per handle: the loss of this one would hide it from the closing fsync.
    this.flushing.catch((error: unknown) => {
      this.flushError ??= error;
    });
  }

  private async finish(): Promise<void> {
    try {
      await this.flushing?.catch(() => {}); // Kept in flushError.
      if (this.flushError !== undefined) throw this.flushError;
      await this.handle.sync();
    } finally {
      await this.handle.close();
    }
  }
}

/** What a published folder says about itself; `files` are all others in it. */
export interface Manifest {
  readonly version: 1;
  readonly files: readonly WrittenFile[];
  readonly sourceRevision: string;
  /** Canonical plan JSON. */
  readonly plan: string;
  readonly planId: string;
  readonly weightsDigest: string;
  /** Name → version of whatever wrote it. */
  readonly tools: Readonly<Record<string, string>>;
}

export type ManifestFacts = Omit<Manifest, 'version' | 'files'>;

/**
 * Publishes a checkpoint folder whole or not at all (I-17): temporary folder beside it, files fsynced, manifest last,
 * folder fsynced, atomic rename, parent fsynced. `write` fills it through `openSink` and returns the manifest's facts.
 * Where an equal checkpoint stands already it is verified and kept; another one is `CHECKPOINT.ALREADY_EXISTS`. On
 * failure nothing is left; a full or broken disk is `STORAGE.*`.
 */
export async function publishCheckpoint(options: {
  readonly folder: string;
  readonly write: (openSink: (fileName: string) => Promise<ByteSink>) => Promise<ManifestFacts>;
  /** Refused with `STORAGE.NO_SPACE` before anything is written where the disk has less (I-22). */
  readonly neededBytes?: number;
}): Promise<Manifest> {
  const { folder, write, neededBytes = 0 } = options;
  const parent = dirname(folder);
  const temporary = join(parent, `${TEMPORARY_PREFIX}${process.pid}-${randomUUID()}`);
  try {
    await mkdir(parent, { recursive: true });
    const { bavail, bsize } = await statfs(parent);
    if (bavail * bsize < neededBytes) throw noSpace(neededBytes, bavail * bsize);
    await mkdir(temporary);
    const manifest = await fillFolder(temporary, write);
    await syncFolder(temporary);
    return await moveIntoPlace(temporary, folder, manifest);
  } catch (error) {
    throw storageError(error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function fillFolder(
  temporary: string,
  write: (openSink: (fileName: string) => Promise<ByteSink>) => Promise<ManifestFacts>,
): Promise<Manifest> {
  const sinks: FileByteSink[] = [];
  try {
    const facts = await write(async (fileName) => {
      if (!isPlainName(fileName) || fileName === MANIFEST)
        throw fileInvalid(fileName, 'it is not a name for a new file');
      const sink = await FileByteSink.create(temporary, fileName);
      sinks.push(sink);
      return sink;
    });
    for (const sink of sinks) await sink.close();
    const files = sinks.map((sink) => sink.written()).sort((a, b) => (a.name < b.name ? -1 : 1));
    const manifest: Manifest = { version: 1, files, ...facts };
    const sink = await FileByteSink.create(temporary, MANIFEST);
    await sink.write(Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    await sink.close();
    return manifest;
  } finally {
    // After a failure half-written files are still open; their own errors follow from the first.
    await Promise.allSettled(sinks.map((sink) => sink.close()));
  }
}

async function moveIntoPlace(temporary: string, folder: string, manifest: Manifest): Promise<Manifest> {
  try {
    await rename(temporary, folder);
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
    const existing = await verifyManifest(folder).catch((damage: unknown) => {
      if (isCodedError(damage) && damage.code === 'CHECKPOINT.CORRUPT') return null;
      throw damage;
    });
    if (existing === null) return replaceDamaged(temporary, folder, manifest);
    const isSame = existing.weightsDigest === manifest.weightsDigest && existing.planId === manifest.planId;
    if (!isSame) throw alreadyExists(folder, error);
    return existing;
  }
  await syncFolder(dirname(folder));
  return manifest;
}

/** A damaged checkpoint gives way to the one that was just written; what is left of it is removed. */
async function replaceDamaged(temporary: string, folder: string, manifest: Manifest): Promise<Manifest> {
  const damaged = `${temporary}-damaged`;
  await rename(folder, damaged);
  try {
    await rename(temporary, folder);
    await syncFolder(dirname(folder));
    return manifest;
  } finally {
    await rm(damaged, { recursive: true, force: true });
  }
}

/**
 * Checks every file of a published checkpoint against its manifest (I-18) and returns it. A missing, changed or
 * additional file is `CHECKPOINT.CORRUPT`, naming the file.
 */
export async function verifyManifest(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const listed = new Set([MANIFEST, ...manifest.files.map(({ name }) => name)]);
  const present = await readdir(folder);
  const extra = present.find((name) => !listed.has(name));
  if (extra !== undefined) throw corrupt(extra, 'is not in the manifest');
  const model = await fileModelFolder(folder);
  try {
    for (const { name, sizeBytes, sha256 } of manifest.files) {
      if (!present.includes(name)) throw corrupt(name, 'is missing');
      const source = await model.open(name);
      if (source.sizeBytes !== sizeBytes) throw corrupt(name, `has ${source.sizeBytes} bytes instead of ${sizeBytes}`);
      let found = '';
      await copyRanges([{ source, offset: 0, sizeBytes }], {
        onDigest: (_, digest) => {
          found = digest;
        },
      });
      if (found !== sha256) throw corrupt(name, 'has other contents than when it was written');
    }
  } finally {
    await model.close();
  }
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  const bytes = await readFile(join(folder, MANIFEST)).catch((error: unknown) => {
    throw corrupt(MANIFEST, 'cannot be read', error);
  });
  let value: unknown;
  try {
    value = parseStrictJson(bytes);
  } catch (error) {
    throw corrupt(MANIFEST, 'is not JSON', error);
  }
  if (!isManifest(value)) throw corrupt(MANIFEST, 'is not a manifest of version 1');
  return value;
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { version, files, sourceRevision, plan, planId, weightsDigest } = value as Partial<Manifest>; // Checked below.
  const hasText = [sourceRevision, plan, planId, weightsDigest].every((text) => typeof text === 'string');
  return version === 1 && hasText && Array.isArray(files) && files.every(isWrittenFile);
}

function isWrittenFile(value: unknown): value is WrittenFile {
  if (typeof value !== 'object' || value === null) return false;
  const { name, sizeBytes, sha256 } = value as Partial<WrittenFile>; // Checked below.
  return typeof name === 'string' && isPlainName(name) && Number.isSafeInteger(sizeBytes) && typeof sha256 === 'string';
}

/** Removes what crashed writers left in a folder of checkpoints (I-21); those of living processes stay. Call at start. */
export async function sweepTemporaryFolders(parent: string): Promise<readonly string[]> {
  const names = await readdir(parent).catch(() => []); // No folder yet: nothing to sweep.
  const left = names.filter(isLeftover);
  for (const name of left) await rm(join(parent, name), { recursive: true, force: true });
  return left;
}

/** Whether that is the name of something a process which is gone was writing or deleting. */
export const isLeftover = (name: string): boolean => name.startsWith(TEMPORARY_PREFIX) && !isAlive(name);

function isAlive(temporaryName: string): boolean {
  const pid = Number(/^\.tmp-(\d+)-/.exec(temporaryName)?.[1]);
  // Our own number: an earlier process of that number wrote it, since this one has written nothing yet.
  if (!Number.isInteger(pid) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** Makes the names in a folder durable. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A single segment that cannot lead elsewhere. */
function isPlainName(fileName: string): boolean {
  return (
    fileName !== '' && fileName !== '.' && fileName !== '..' && !/[/\\\0]/.test(fileName) && !fileName.includes(sep)
  );
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** `STORAGE.*` for what the disk refuses (I-20); everything else stays as it is. */
function storageError(error: unknown): unknown {
  if (isCodedError(error)) return error;
  const kinds: Readonly<Record<string, readonly [code: string, what: string, fix: string]>> = {
    ENOSPC: ['NO_SPACE', 'the disk is full', 'Free some space, then retry.'],
    EDQUOT: ['NO_SPACE', 'the disk quota is used up', 'Free some space, then retry.'],
    EROFS: ['READ_ONLY', 'the file system is read-only', 'Mount it for writing, or set SWM_HOME to another folder.'],
    EACCES: ['DENIED', 'this process may not write there', 'Give the worker write access to SWM_HOME.'],
    EPERM: ['DENIED', 'this process may not write there', 'Give the worker write access to SWM_HOME.'],
    EIO: ['IO', 'the disk reported an error', 'Check the disk, then retry.'],
  };
  const kind = kinds[errnoOf(error) ?? ''];
  if (!kind) return error;
  const [code, what, fix] = kind;
  return new CodedError({
    code: `STORAGE.${code}`,
    message: `The checkpoint was not written: ${what}.`,
    fix,
    cause: error,
  });
}

function noSpace(neededBytes: number, freeBytes: number): CodedError {
  return new CodedError({
    code: 'STORAGE.NO_SPACE',
    message: `The checkpoint needs ${neededBytes} bytes, the disk has ${freeBytes} free.`,
    fix: 'Free some space, then retry.',
    details: { neededBytes, freeBytes },
  });
}

function fileInvalid(fileName: string, reason: string, cause?: unknown): CodedError {
  return new CodedError({
    code: 'MODEL.FILE_INVALID',
    message: `The file ${JSON.stringify(fileName.slice(0, 120))} cannot be used: ${reason}.`,
    fix: 'Check the model folder: its files must be regular, readable files inside it.',
    details: { fileName, reason },
    cause,
  });
}

function folderTooLarge(): CodedError {
  return new CodedError({
    code: 'MODEL.FOLDER_TOO_LARGE',
    message: `The model folder has more than ${MAX_FOLDER_ENTRIES} entries.`,
    fix: 'Give the folder of one model, with its configuration, weights and tokenizer alone.',
  });
}

function folderMissing(cause: unknown): CodedError {
  return new CodedError({
    code: 'MODEL.FOLDER_MISSING',
    message: 'The model folder does not exist or cannot be read.',
    fix: 'Check the path and its permissions.',
    cause,
  });
}

function corrupt(fileName: string, reason: string, cause?: unknown): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.CORRUPT',
    message: `The checkpoint is damaged: ${JSON.stringify(fileName)} ${reason}.`,
    fix: 'Delete the checkpoint and export it again.',
    details: { fileName, reason },
    cause,
  });
}

function alreadyExists(folder: string, cause: unknown): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.ALREADY_EXISTS',
    message: 'Another checkpoint stands where this one should be published.',
    fix: 'Delete it, or publish under another name.',
    details: { folder },
    cause,
  });
}
