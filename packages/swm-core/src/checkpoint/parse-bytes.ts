import type { ByteSource } from './model-source.js';

/** The most that is parsed at once. */
export const MAX_PARSED_BYTES = 100_000_000;
/** Below this, memory of its own costs nobody anything. */
const LARGE_BYTES = 1 << 20;

/**
 * Large pieces share one buffer, in which they are parsed one after the other: any number of hostile headers, read at once
 * or in a row, costs what one may. Its pages cost nothing before they are written, and it goes when nothing was read for a while.
 */
let shared: WeakRef<Uint8Array> | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

/** Reads a piece of a source, at most `MAX_PARSED_BYTES`, and parses it. `parse` may not keep the bytes, whose memory is used again. */
export async function parseBytes<Value>(
  source: ByteSource,
  piece: { readonly offset: number; readonly sizeBytes: number },
  parse: (bytes: Uint8Array) => Value,
): Promise<Value> {
  const { offset, sizeBytes } = piece;
  if (sizeBytes <= LARGE_BYTES || !source.readInto) return parse(await source.read(offset, sizeBytes));
  const turn = lastTurn.then(async () => {
    const buffer = shared?.deref() ?? new Uint8Array(MAX_PARSED_BYTES);
    shared = new WeakRef(buffer);
    const bytes = buffer.subarray(0, sizeBytes);
    await source.readInto?.(offset, bytes);
    return parse(bytes);
  });
  lastTurn = turn.catch(() => {}); // Its caller hears of it; the next turn has its own fate.
  return turn;
}
