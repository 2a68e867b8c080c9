// Where things are: the repository root and the platform's home folder. Usage: import only.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Absolute SWM_HOME (default `.swm` in the repository). */
export const SWM_HOME = resolve(ROOT, process.env.SWM_HOME ?? '.swm');

/** The Python interpreter of the platform's environment, or the one the user named. */
export const PYTHON = process.env.SWM_PYTHON ?? join(SWM_HOME, 'python', 'bin', 'python');

/** The folder whose node_modules holds the compiled TensorFlow.js engine. */
export const ENGINE_FOLDER = join(SWM_HOME, 'engine');

/** First existing path of a list, or undefined. */
export const firstExisting = (paths) => paths.find((path) => path && existsSync(path));

/** Debian's, Google's or the user's Chromium. */
export const CHROMIUM = firstExisting([
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]);
