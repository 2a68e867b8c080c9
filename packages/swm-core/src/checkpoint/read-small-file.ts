import { fileTooLarge, jsonInvalid } from './checkpoint-errors.js';
import { isJsonObject, JsonSyntaxError, parseStrictJson } from './json-scanner.js';
import type { ModelFolder } from './model-source.js';
import { parseBytes } from './parse-bytes.js';

/** Reads a file of the model folder whole, refusing more than `capBytes` with `CHECKPOINT.FILE_TOO_LARGE`. */
export async function readSmallFile(folder: ModelFolder, fileName: string, capBytes: number): Promise<Uint8Array> {
  const source = await folder.open(fileName);
  if (source.sizeBytes > capBytes) throw fileTooLarge(fileName, source.sizeBytes, capBytes);
  return source.read(0, source.sizeBytes);
}

/** Parses such a file; `parse` may not keep the bytes. */
export async function parseSmallFile<Value>(
  folder: ModelFolder,
  fileName: string,
  capBytes: number,
  parse: (bytes: Uint8Array) => Value,
): Promise<Value> {
  const source = await folder.open(fileName);
  if (source.sizeBytes > capBytes) throw fileTooLarge(fileName, source.sizeBytes, capBytes);
  return parseBytes(source, { offset: 0, sizeBytes: source.sizeBytes }, parse);
}

/** The object that a JSON file holds; `CHECKPOINT.JSON_INVALID` where it is no strict JSON or another value. */
export function parseJsonObject(bytes: Uint8Array, fileName: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseStrictJson(bytes);
    if (!isJsonObject(value)) throw jsonInvalid(fileName, 'it should hold one object');
    return value;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw jsonInvalid(fileName, error.message);
    throw error;
  }
}
