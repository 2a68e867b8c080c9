import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A script of packages/eval/python, from src as from dist. */
export const pythonScript = (name: string): string =>
  join(resolve(dirname(fileURLToPath(import.meta.url)), '../python'), name);
