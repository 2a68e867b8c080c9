import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProtocolData } from '../protocol/index.js';
import { TASK_NAMES, type TaskName } from '../protocol/index.js';
import { taskDataMissing } from './eval-errors.js';
import { inspectTaskFile } from './task-rows.js';

/** packages/eval/tasks, from src/lm-eval as from dist/lm-eval. */
const TASKS_FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), '../../tasks');

/** The built-in calibration documents: JSON Lines with `text`. */
export const BUILTIN_CALIBRATION_FILE = join(TASKS_FOLDER, 'calibration', 'builtin.jsonl');

/** Of each task that was asked for. */
export interface TaskFiles {
  readonly files: Readonly<Partial<Record<TaskName, string>>>;
  readonly sha256: Readonly<Partial<Record<TaskName, string>>>;
}

/**
 * The JSON Lines file of each task and its digest: the built-in suite, or `localFolder`. Every line is checked (0.3 s for the seven
 * full tasks). Throws `EVAL.TASK_DATA_MISSING` or `EVAL.TASK_DATA_INVALID`.
 */
export async function locateTaskFiles(
  data: ProtocolData,
  localFolder: string | undefined,
  tasks: readonly TaskName[] = TASK_NAMES,
): Promise<TaskFiles> {
  const folder = data === 'BUILTIN' ? join(TASKS_FOLDER, 'mini') : localFolder;
  if (folder === undefined) throw taskDataMissing('folder');
  const entries = await Promise.all(
    tasks.map(async (name) => {
      const file = resolve(folder, `${name}.jsonl`);
      return { name, file, sha256: (await inspectTaskFile(name, file)).sha256 };
    }),
  );
  const record = (key: 'file' | 'sha256') => Object.fromEntries(entries.map((entry) => [entry.name, entry[key]]));
  return { files: record('file'), sha256: record('sha256') };
}
