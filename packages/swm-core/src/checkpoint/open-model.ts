import { type Architecture, expectedTensors } from '../architecture/architecture.js';
import { architectureOf } from '../architecture/architecture-of.js';
import { readConfig } from '../architecture/read-config.js';
import {
  configMissing,
  dtypeUnsupported,
  pickleOnly,
  shapeMismatch,
  shardMissing,
  tensorMissing,
  tensorUnexpected,
  tiedHeadDiffers,
  weightsMissing,
} from './checkpoint-errors.js';
import type { ByteSource, ModelFolder, ModelSource } from './model-source.js';
import { parseJsonObject, parseSmallFile, readSmallFile } from './read-small-file.js';
import { refuseRedirects } from './redirects.js';
import { type LocatedTensor, MAX_HEADER_BYTES, readSafetensorsHeader } from './safetensors.js';
import { INDEX_FILE, MAX_INDEX_BYTES, readShardIndex } from './shard-index.js';
import { toFloat32 } from './to-float32.js';

const SINGLE_FILE = 'model.safetensors';
/** Those of real models stay below 100 kB, with the names of 20,000 classes below 1 MB. */
const MAX_CONFIG_BYTES = 1_000_000;
const COMPARE_BYTES = 4 << 20;

/** A weight and the file that holds it. */
export interface StoredTensor extends LocatedTensor {
  readonly source: ByteSource;
}

/** An opened model whose bytes can be copied without reading them as numbers: what the exporter takes. */
export interface StoredModel extends ModelSource {
  readonly folder: ModelFolder;
  readonly architecture: Architecture;
  /** Exactly the weights the architecture knows, in model order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** config.json as it is stored, for rewriting. */
  readonly configBytes: Uint8Array;
}

/**
 * Opens a model folder: config.json, then model.safetensors or the shards of its index. Headers only, no weight is
 * read. Everything is checked against config.json first, so that a bad folder fails here with `CHECKPOINT.*` or
 * `ARCHITECTURE.*`. Pickles, Python files and templates are never opened (I-24).
 */
export async function openModel(folder: ModelFolder): Promise<StoredModel> {
  const names = new Set(await folder.list());
  if (!names.has('config.json')) throw configMissing();
  const configBytes = await readSmallFile(folder, 'config.json', MAX_CONFIG_BYTES);
  const raw = parseJsonObject(configBytes, 'config.json');
  refuseRedirects(names, raw);
  const architecture = architectureOf(raw);
  const config = readConfig(architecture, raw);
  const found = await readHeaders(folder, names);
  const tensors = matchTensors(found, architecture, expectedTensors(architecture, config));
  const head = found.get(architecture.head.name);
  const embedding = tensors.get(architecture.embedding.name);
  if (config.isTied && head && embedding && !(await hasSameBytes(head, embedding))) throw tiedHeadDiffers(head.name);

  const readTensor = (name: string) => {
    const tensor = storedTensor(tensors, name);
    return tensor.source.read(tensor.offset, tensor.sizeBytes);
  };
  return {
    folder,
    architecture,
    config,
    configBytes,
    tensors,
    readTensor,
    readFloat32: async (name) => toFloat32(storedTensor(tensors, name), await readTensor(name)),
  };
}

/** The stored weight of that name, or `CHECKPOINT.TENSOR_MISSING`. */
export function storedTensor(tensors: ReadonlyMap<string, StoredTensor>, name: string): StoredTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw tensorMissing(name, 'the model');
  return tensor;
}

/** Every tensor in the folder's weights, known or not. */
async function readHeaders(folder: ModelFolder, names: ReadonlySet<string>): Promise<Map<string, StoredTensor>> {
  // transformers looks for the single file first, so a stale index beside it is ignored there and here.
  if (names.has(SINGLE_FILE)) return readFile(folder, SINGLE_FILE);
  if (names.has(INDEX_FILE)) return readShards(folder, names);
  const pickle = [...names].find((name) => /\.(bin|pt|pth|ckpt)$/.test(name) && !name.startsWith('training_args'));
  throw pickle === undefined ? weightsMissing() : pickleOnly(pickle);
}

async function readFile(
  folder: ModelFolder,
  fileName: string,
  maxHeaderBytes?: number,
): Promise<Map<string, StoredTensor>> {
  const source = await folder.open(fileName);
  const located = await readSafetensorsHeader(source, fileName, maxHeaderBytes);
  return new Map(located.map((tensor) => [tensor.name, { ...tensor, source }]));
}

async function readShards(folder: ModelFolder, names: ReadonlySet<string>): Promise<Map<string, StoredTensor>> {
  const shards = await parseSmallFile(folder, INDEX_FILE, MAX_INDEX_BYTES, readShardIndex);
  const missing = [...shards.keys()].find((fileName) => !names.has(fileName));
  if (missing !== undefined) throw shardMissing(missing);
  const all = new Map<string, StoredTensor>();
  // All headers together may cost what one may: a thousand shards are no way around the cap.
  let headerBytesLeft = MAX_HEADER_BYTES;
  for (const [fileName, listed] of shards) {
    const held = await readFile(folder, fileName, headerBytesLeft);
    headerBytesLeft -= headerBytes(held);
    for (const name of listed) if (!held.has(name)) throw tensorMissing(name, fileName);
    for (const [name, tensor] of held) {
      if (!listed.has(name)) throw tensorUnexpected(name, fileName);
      all.set(name, tensor);
    }
  }
  return all;
}

/** Bytes before the first tensor: what reading the header took. */
function headerBytes(held: ReadonlyMap<string, StoredTensor>): number {
  const [first] = held.values(); // In the order of their bytes.
  return first?.offset ?? 0;
}

/** Checks names, shapes and dtypes; returns the expected weights only, in model order. */
function matchTensors(
  found: ReadonlyMap<string, StoredTensor>,
  architecture: Architecture,
  expected: ReadonlyMap<string, readonly number[]>,
): Map<string, StoredTensor> {
  const matched = new Map<string, StoredTensor>();
  for (const [name, shape] of expected) {
    const tensor = found.get(name);
    if (!tensor) throw tensorMissing(name, 'the model');
    const hasShape = tensor.shape.length === shape.length && tensor.shape.every((size, axis) => size === shape[axis]);
    if (!hasShape) throw shapeMismatch(name, tensor.shape, shape);
    if (!['F32', 'F16', 'BF16'].includes(tensor.dtype)) throw dtypeUnsupported(name, tensor.dtype);
    matched.set(name, tensor);
  }
  for (const name of found.keys()) {
    const isKnown = matched.has(name) || name === architecture.head.name;
    if (!isKnown && !architecture.ignored.some((pattern) => pattern.test(name)))
      throw tensorUnexpected(name, 'the model');
  }
  return matched;
}

/** Old writers store a tied head twice; that is harmless only while both copies are equal. */
async function hasSameBytes(a: StoredTensor, b: StoredTensor): Promise<boolean> {
  if (a.dtype !== b.dtype || a.sizeBytes !== b.sizeBytes) return false;
  for (let at = 0; at < a.sizeBytes; at += COMPARE_BYTES) {
    const length = Math.min(COMPARE_BYTES, a.sizeBytes - at);
    const [left, right] = await Promise.all([
      a.source.read(a.offset + at, length),
      b.source.read(b.offset + at, length),
    ]);
    if (Buffer.compare(left, right) !== 0) return false;
  }
  return true;
}
