import { isUtf8 } from 'node:buffer';
import { type MalformedClass, malformedWeights, quote } from './checkpoint-errors.js';
import { JsonScanner, JsonSyntaxError } from './json-scanner.js';
import type { ByteSource, TensorDtype, TensorEntry } from './model-source.js';
import { MAX_PARSED_BYTES, parseBytes } from './parse-bytes.js';

/** The cap of the reference implementation (safetensors 0.4 `MAX_HEADER_SIZE`). */
export const MAX_HEADER_BYTES = MAX_PARSED_BYTES;
/** The largest known checkpoints have 92,000 tensors over all shards; this bounds the memory a hostile header can cost. */
export const MAX_TENSORS_PER_FILE = 100_000;

/** Real names stay below 120; with the cap on tensors this bounds what names cost in memory. */
const MAX_NAME_BYTES = 256;
const MAX_RANK = 16;
const MAX_METADATA_KEYS = 10_000;
const LENGTH_BYTES = 8;

const DTYPE_BYTES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['I64', 8],
  ['F32', 4],
  ['I32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I16', 2],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
]);

/** A tensor and where its bytes lie: `offset` counts from the first byte of the file. */
export interface LocatedTensor extends TensorEntry {
  readonly offset: number;
}

/** Bytes of one element. */
export function dtypeBytes(dtype: TensorDtype): number {
  const size = DTYPE_BYTES.get(dtype);
  if (size === undefined) throw new Error(`no size for dtype ${dtype}`);
  return size;
}

/**
 * Tensors of one safetensors file, in the order of their bytes. Reads the header only, and accepts nothing that is not
 * exactly described: see `MalformedClass` for what is refused, each as `CHECKPOINT.<class>`. A header of more than
 * `maxHeaderBytes` is refused before it is read.
 */
export async function readSafetensorsHeader(
  source: ByteSource,
  fileName: string,
  maxHeaderBytes: number = MAX_HEADER_BYTES,
): Promise<readonly LocatedTensor[]> {
  const malformed = (kind: MalformedClass, reason: string) => malformedWeights(kind, fileName, reason);
  if (source.sizeBytes < LENGTH_BYTES)
    throw malformed('TRUNCATED', `it has ${source.sizeBytes} bytes, fewer than the 8 of a header length`);
  const head = await source.read(0, LENGTH_BYTES);
  const headerBytes = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes)) {
    throw malformed('HEADER_LENGTH', `its header would have ${headerBytes} bytes, more than ${maxHeaderBytes}`);
  }
  const dataOffset = LENGTH_BYTES + Number(headerBytes);
  if (dataOffset > source.sizeBytes) {
    throw malformed('HEADER_LENGTH', `its header would end at byte ${dataOffset} of a file of ${source.sizeBytes}`);
  }
  const data = { first: dataOffset, sizeBytes: source.sizeBytes - dataOffset };
  const piece = { offset: LENGTH_BYTES, sizeBytes: Number(headerBytes) };
  return parseBytes(source, piece, (header) => readTensors(header, data, malformed));
}

type Fail = (kind: MalformedClass, reason: string) => Error;

/** The bytes behind the header, to which `data_offsets` are relative. */
interface DataSection {
  readonly first: number;
  readonly sizeBytes: number;
}

/** Tensors in the order of their bytes, which they fill. */
function readTensors(header: Uint8Array, data: DataSection, malformed: Fail): readonly LocatedTensor[] {
  // Node's check allocates nothing; a fatal TextDecoder would build a second copy of a 100 MB header.
  if (!isUtf8(header)) throw malformed('HEADER_INVALID', 'its header is not UTF-8');
  try {
    return checkCoverage(parseHeader(header, data, malformed), data, malformed);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw malformed(error.isDuplicate ? 'DUPLICATE_KEY' : 'HEADER_INVALID', error.message);
  }
}

/** Tensors in header order. */
function parseHeader(header: Uint8Array, data: DataSection, malformed: Fail): LocatedTensor[] {
  if (header[0] !== 0x7b) throw malformed('HEADER_INVALID', "its header does not start with '{'");
  const scanner = new JsonScanner(header);
  const tensors = new Map<string, LocatedTensor>();
  let hasMetadata = false;
  scanner.forEachKey(MAX_NAME_BYTES, (name) => {
    if (name === '__metadata__') {
      if (hasMetadata) throw scanner.duplicate(name);
      hasMetadata = true;
      skipMetadata(scanner);
      return;
    }
    if (tensors.has(name)) throw scanner.duplicate(name);
    if (tensors.size === MAX_TENSORS_PER_FILE) {
      throw malformed('TOO_MANY_TENSORS', `it lists more than ${MAX_TENSORS_PER_FILE} tensors`);
    }
    tensors.set(name, parseTensor(scanner, name, data, malformed));
  });
  scanner.finish();
  return [...tensors.values()];
}

/** Metadata must be a flat map of strings; its values are not kept, so that they cost no memory. */
function skipMetadata(scanner: JsonScanner): void {
  const keys = new Set<string>();
  scanner.forEachKey(MAX_NAME_BYTES, (key) => {
    if (keys.has(key)) throw scanner.duplicate(key);
    if (keys.size === MAX_METADATA_KEYS) throw scanner.fail(`more than ${MAX_METADATA_KEYS} metadata keys`);
    keys.add(key);
    scanner.skipString();
  });
}

function parseTensor(scanner: JsonScanner, name: string, data: DataSection, malformed: Fail): LocatedTensor {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.forEachKey(MAX_NAME_BYTES, (key) => {
    if (key === 'dtype') {
      if (dtype !== undefined) throw scanner.duplicate(key);
      dtype = scanner.readString(MAX_NAME_BYTES);
    } else if (key === 'shape') {
      if (shape !== undefined) throw scanner.duplicate(key);
      shape = readUints(scanner, MAX_RANK);
    } else if (key === 'data_offsets') {
      if (offsets !== undefined) throw scanner.duplicate(key);
      offsets = readUints(scanner, 2);
    } else throw scanner.fail(`the unknown field ${quote(key)} of ${quote(name)}`);
  });
  const [first, last] = offsets ?? [];
  if (dtype === undefined || shape === undefined || first === undefined || last === undefined) {
    throw malformed('HEADER_INVALID', `${quote(name)} lacks dtype, shape or its two data_offsets`);
  }
  if (!isTensorDtype(dtype)) throw malformed('DTYPE_UNKNOWN', `${quote(name)} has the unknown dtype ${quote(dtype)}`);
  if (last < first || last > data.sizeBytes) {
    throw malformed(
      'OFFSET_OUT_OF_RANGE',
      `${quote(name)} claims bytes ${first} to ${last} of ${data.sizeBytes} (is the file truncated?)`,
    );
  }
  const sizeBytes = shape.reduce((product, size) => product * size, dtypeBytes(dtype));
  if (sizeBytes !== last - first) {
    throw malformed('SIZE_MISMATCH', `${quote(name)} is ${dtype} [${shape.join(', ')}] but has ${last - first} bytes`);
  }
  return { name, dtype, shape, sizeBytes, offset: data.first + first };
}

function readUints(scanner: JsonScanner, maxCount: number): number[] {
  const values: number[] = [];
  scanner.forEachItem(() => {
    if (values.length === maxCount) throw scanner.fail(`a list of more than ${maxCount} numbers`);
    values.push(scanner.readUint());
  });
  return values;
}

function isTensorDtype(dtype: string): dtype is TensorDtype {
  return DTYPE_BYTES.has(dtype);
}

/** Every byte of the data section belongs to exactly one tensor. */
function checkCoverage(tensors: LocatedTensor[], data: DataSection, malformed: Fail): LocatedTensor[] {
  tensors.sort((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes);
  let covered = data.first;
  for (const tensor of tensors) {
    if (tensor.offset < covered) throw malformed('OVERLAP', `${quote(tensor.name)} overlaps the tensor before it`);
    if (tensor.offset > covered) throw malformed('HOLE', `bytes ${covered} to ${tensor.offset} belong to no tensor`);
    covered += tensor.sizeBytes;
  }
  const trailing = data.first + data.sizeBytes - covered;
  if (trailing > 0) throw malformed('TRAILING_BYTES', `${trailing} bytes follow the last tensor`);
  return tensors;
}

/**
 * The first bytes of a safetensors file (length and header, padded to 8 bytes with spaces) for tensors whose bytes
 * follow in the given order. `__metadata__` is `{format: 'pt'}`, without which transformers refuses the file.
 */
export function writeSafetensorsHeader(tensors: readonly TensorEntry[]): Uint8Array {
  let offset = 0;
  const entries: [string, unknown][] = [['__metadata__', { format: 'pt' }]];
  for (const { name, dtype, shape, sizeBytes } of tensors) {
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + sizeBytes] }]);
    offset += sizeBytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}
