import type { ByteSink, ByteSource, ModelFolder } from './model-source.js';

/** Bytes in memory as a source; throws `RangeError` outside them. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => {
      if (offset < 0 || offset + length > bytes.length)
        throw new RangeError(`${offset} + ${length} of ${bytes.length}`);
      return bytes.slice(offset, offset + length);
    },
  };
}

/** A model folder in memory, for generated models and tests: what `openSink` writes can be opened again. */
export class MemoryFolder implements ModelFolder {
  readonly files: Map<string, Uint8Array>;

  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.files = new Map(files);
  }

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()];
  }

  async open(fileName: string): Promise<ByteSource> {
    const bytes = this.files.get(fileName);
    if (!bytes) throw new Error(`no file ${fileName}`);
    return memorySource(bytes);
  }

  readonly openSink = async (fileName: string): Promise<ByteSink> => {
    const pieces: Uint8Array[] = [];
    return {
      write: async (bytes) => {
        pieces.push(bytes.slice());
      },
      close: async () => {
        this.files.set(fileName, new Uint8Array(Buffer.concat(pieces)));
      },
    };
  };
}
