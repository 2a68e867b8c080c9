import { createHash, type Hash } from 'node:crypto';
import type { ByteSink, ByteSource } from './model-source.js';

/** Bytes of one source, wanted in this order. */
export interface ByteRange {
  readonly source: ByteSource;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The part of a range that lies in one piece. */
interface Segment<Range> {
  readonly range: Range;
  /** Where in the range. */
  readonly from: number;
  readonly length: number;
}

const PIECE_BYTES = 4 << 20;
/** One piece is being read, one is hashed and written; the third absorbs their jitter. */
const PIECE_COUNT = 3;

// Not in Node's types (lib "DOM" would bring the whole browser into core).
declare const WebAssembly: { readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer } };

/**
 * Reads ranges one after the other in pieces of 4 MiB, reading ahead while the piece before is written and hashed.
 * `sink` gets all bytes, `onDigest` each range's sha256 (only then are they hashed), `onBytes` the count of each piece.
 * Memory: three pieces, whatever the ranges. A failed read or write, or an abort, rejects.
 */
export async function copyRanges<Range extends ByteRange>(
  ranges: readonly Range[],
  options: {
    readonly sink?: ByteSink;
    readonly onDigest?: (range: Range, sha256: string) => void;
    readonly onBytes?: (count: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const { sink, onDigest, onBytes, signal } = options;
  const pieces = cutPieces(ranges);
  const totalBytes = ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const buffers = allocatePieces(Math.min(totalBytes, PIECE_BYTES));
  const digester = onDigest ? new RangeDigester(onDigest) : undefined;
  const readAhead = (index: number) => {
    const piece = pieces[index];
    const buffer = buffers[index % PIECE_COUNT];
    const reading = piece && buffer ? fillPiece(piece, buffer) : undefined;
    // Awaited in the next turn; until then a rejection must not count as unhandled.
    reading?.catch(() => {});
    return reading;
  };
  let reading = readAhead(0);
  try {
    for (const [index, piece] of pieces.entries()) {
      signal?.throwIfAborted();
      const bytes = await reading;
      if (!bytes) break;
      reading = readAhead(index + 1);
      const writing = sink?.write(bytes);
      writing?.catch(() => {});
      digester?.update(piece, bytes);
      await writing;
      onBytes?.(bytes.length);
    }
  } finally {
    // Nobody may still be filling our buffers, or using the source, when the caller goes on.
    await Promise.allSettled([reading]);
  }
}

/** Segments of at most `PIECE_BYTES` together. Empty ranges keep a segment, so that they get a digest. */
function cutPieces<Range extends ByteRange>(ranges: readonly Range[]): Segment<Range>[][] {
  const pieces: Segment<Range>[][] = [];
  let piece: Segment<Range>[] = [];
  let room = PIECE_BYTES;
  for (const range of ranges) {
    let from = 0;
    do {
      const length = Math.min(range.sizeBytes - from, room);
      piece.push({ range, from, length });
      from += length;
      room -= length;
      if (room === 0) {
        pieces.push(piece);
        piece = [];
        room = PIECE_BYTES;
      }
    } while (from < range.sizeBytes);
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}

/** Neighbours in the source are read at once: a layer's norms are a few kilobytes each. */
async function fillPiece(piece: readonly Segment<ByteRange>[], buffer: Uint8Array): Promise<Uint8Array> {
  let filled = 0;
  for (let index = 0; index < piece.length; ) {
    const { range, from } = piece[index] as Segment<ByteRange>; // index < piece.length
    const offset = range.offset + from;
    let length = 0;
    for (; index < piece.length; index += 1) {
      const next = piece[index] as Segment<ByteRange>; // index < piece.length
      if (next.range.source !== range.source || next.range.offset + next.from !== offset + length) break;
      length += next.length;
    }
    await readInto(range.source, offset, buffer.subarray(filled, filled + length));
    filled += length;
  }
  return buffer.subarray(0, filled);
}

async function readInto(source: ByteSource, offset: number, target: Uint8Array): Promise<void> {
  if (target.length === 0) return;
  if (source.readInto) await source.readInto(offset, target);
  else target.set(await source.read(offset, target.length));
}

/**
 * Page-aligned buffers of `sizeBytes` or more. The kernel copies twice as fast into and out of whole pages, and
 * WebAssembly memory is the one allocation in JavaScript that begins at a page (docs/benchmarks.md).
 */
function allocatePieces(sizeBytes: number): Uint8Array[] {
  const pages = Math.max(1, Math.ceil(sizeBytes / 65_536));
  const { buffer } = new WebAssembly.Memory({ initial: pages * PIECE_COUNT });
  return Array.from(
    { length: PIECE_COUNT },
    (_, piece) => new Uint8Array(buffer, piece * pages * 65_536, pages * 65_536),
  );
}

/** sha256 of each range, though pieces cut ranges and hold several. */
class RangeDigester<Range extends ByteRange> {
  private hash: Hash = createHash('sha256');

  constructor(private readonly onDigest: (range: Range, sha256: string) => void) {}

  update(piece: readonly Segment<Range>[], bytes: Uint8Array): void {
    let at = 0;
    for (const { range, from, length } of piece) {
      this.hash.update(bytes.subarray(at, at + length));
      at += length;
      if (from + length < range.sizeBytes) continue;
      this.onDigest(range, this.hash.digest('hex'));
      this.hash = createHash('sha256');
    }
  }
}
