import { indexEscapes, indexInvalid, jsonInvalid } from './checkpoint-errors.js';
import { JsonScanner, JsonSyntaxError } from './json-scanner.js';

export const INDEX_FILE = 'model.safetensors.index.json';
export const MAX_INDEX_BYTES = 16_000_000;

/** Twice the tensors of the largest known checkpoint: bounds what a hostile index costs in memory. */
const MAX_TENSORS = 200_000;
/** The largest known checkpoints have a few hundred shards; each is an open file while the model is. */
const MAX_SHARDS = 1_000;
const MAX_NAME_BYTES = 256;
const MAX_KEYS = 100;
const MAX_KEY_BYTES = 1024;

/** `weight_map` of a shard index turned around: shard → its tensors. Throws `CHECKPOINT.INDEX_INVALID`, `CHECKPOINT.INDEX_ESCAPES` or `CHECKPOINT.JSON_INVALID`. */
export function readShardIndex(bytes: Uint8Array): ReadonlyMap<string, ReadonlySet<string>> {
  try {
    return readIndex(new JsonScanner(bytes));
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw jsonInvalid(INDEX_FILE, error.message);
    throw error;
  }
}

/** Reads `weight_map` as it comes, never the whole index as one value. */
function readIndex(scanner: JsonScanner): Map<string, Set<string>> {
  const shards = new Map<string, Set<string>>();
  const keys = new Set<string>();
  if (!scanner.isAtObject()) throw indexInvalid('it should hold one object');
  scanner.forEachKey(MAX_KEY_BYTES, (key) => {
    if (keys.has(key)) throw scanner.duplicate(key);
    if (keys.size === MAX_KEYS) throw indexInvalid(`it has more than ${MAX_KEYS} fields`);
    keys.add(key);
    if (key !== 'weight_map') scanner.skipValue();
    else if (scanner.isAtObject()) readWeightMap(scanner, shards);
    else throw indexInvalid('it has no weight_map object');
  });
  scanner.finish();
  if (!keys.has('weight_map')) throw indexInvalid('it has no weight_map object');
  if (shards.size === 0) throw indexInvalid('its weight_map is empty');
  return shards;
}

function readWeightMap(scanner: JsonScanner, shards: Map<string, Set<string>>): void {
  const names = new Set<string>();
  scanner.forEachKey(MAX_NAME_BYTES, (name) => {
    if (names.has(name)) throw scanner.duplicate(name);
    if (names.size === MAX_TENSORS) throw indexInvalid(`it lists more than ${MAX_TENSORS} tensors`);
    names.add(name);
    if (!scanner.isAtString()) throw indexInvalid('weight_map should name a file for each tensor');
    const fileName = scanner.readString(MAX_KEY_BYTES);
    if (!isPlainWeightsName(fileName)) throw indexEscapes(fileName);
    const listed = shards.get(fileName);
    if (listed) {
      listed.add(name);
      return;
    }
    if (shards.size === MAX_SHARDS) throw indexInvalid(`it names more than ${MAX_SHARDS} files`);
    shards.set(fileName, new Set([name]));
  });
}

/** A single path segment of harmless characters: no separators, no `..`, no hidden file, nothing but safetensors. */
function isPlainWeightsName(fileName: string): boolean {
  return (
    fileName.length <= 255 && /^[A-Za-z0-9_][A-Za-z0-9._-]*\.safetensors$/.test(fileName) && !fileName.includes('..')
  );
}
