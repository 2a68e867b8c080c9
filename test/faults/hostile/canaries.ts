import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VALID_WEIGHTS } from './valid-model.js';

/** What must never be read, reached or run. */
export interface Canaries {
  /** A file outside every model folder, whose text must appear nowhere. */
  readonly secret: string;
  /** A valid weights file outside. */
  readonly weights: string;
  /** Exists once code of a model folder has run. */
  readonly fired: string;
}

/** The text of the secret. */
export const SECRET = 'canary-7f3a91';

/** Reading moves a file's access time on from then, on most file systems. */
const LONG_AGO = new Date('2000-01-01');
const forget = (path: string) => utimesSync(path, LONG_AGO, LONG_AGO);
const wasRead = (path: string): boolean => statSync(path).atimeMs !== LONG_AGO.getTime();

/** Plants the canaries in a folder. `harmed` names those that were read or run; `isWatching` says whether this file system tells. */
export function plantCanaries(folder: string): {
  readonly canaries: Canaries;
  readonly isWatching: boolean;
  harmed(): readonly string[];
} {
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  const canaries: Canaries = {
    secret: join(outside, 'secret.json'),
    weights: join(outside, 'weights.safetensors'),
    fired: join(folder, 'fired'),
  };
  writeFileSync(canaries.secret, JSON.stringify({ [SECRET]: SECRET }));
  writeFileSync(canaries.weights, VALID_WEIGHTS);
  forget(canaries.secret);
  readFileSync(canaries.secret);
  const isWatching = wasRead(canaries.secret);
  forget(canaries.secret);
  forget(canaries.weights);
  const read = [canaries.secret, canaries.weights];
  return {
    canaries,
    isWatching,
    harmed: () => [
      ...(existsSync(canaries.fired) ? [canaries.fired] : []),
      ...(isWatching ? read.filter(wasRead) : []),
    ],
  };
}
