import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TaskName } from '@swm/eval/protocol';

/** What a launch needs to know of this machine, found before anything is queued. */
export interface LaunchEnvironment {
  hasPython(): boolean;
  /** The first of these tasks whose data is missing; `folder` where none is configured; null when all are there. */
  missingTaskData(tasks: readonly TaskName[]): string | null;
  isFile(path: string): boolean;
  /** sha256 of the files a request reads from this machine, so that a changed file is another request. */
  digestFiles(files: {
    readonly calibration: string | null;
    readonly taskData: readonly TaskName[];
  }): Promise<readonly string[]>;
}

/** Looks at the file system. */
export function createLaunchEnvironment(options: {
  readonly python: string;
  readonly taskDataFolder: string | undefined;
}): LaunchEnvironment {
  const { python, taskDataFolder } = options;
  const taskFile = (name: string): string => join(taskDataFolder ?? '', `${name}.jsonl`);
  return {
    hasPython: () => existsSync(python),
    missingTaskData: (tasks) => {
      if (taskDataFolder === undefined) return 'folder';
      const missing = tasks.find((name) => !existsSync(taskFile(name)));
      return missing === undefined ? null : `${missing}.jsonl`;
    },
    isFile: (path) => isAbsolute(path) && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false),
    digestFiles: ({ calibration, taskData }) =>
      Promise.all([...(calibration === null ? [] : [calibration]), ...taskData.map(taskFile)].map(sha256)),
  };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
