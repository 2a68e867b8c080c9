import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ProtocolRequest, perplexityTextOf, requestedTasks, requestedTexts } from '@swm/eval/protocol';

/** What a launch needs to know of this machine, found before anything is queued. */
export interface LaunchEnvironment {
  hasPython(): boolean;
  /** The first of these files of task data that is missing; `folder` where none is configured; null when all are there. */
  missingTaskData(files: readonly string[]): string | null;
  isFile(path: string): boolean;
  /** sha256 of the files a request reads from this machine, so that a changed file is another request. */
  digestFiles(files: {
    readonly calibration: string | null;
    readonly taskData: readonly string[];
  }): Promise<readonly string[]>;
}

/** The files of SWM_TASK_DATA that a protocol reads: questions where they are local, texts always. */
export const taskDataFiles = (protocol: ProtocolRequest): readonly string[] => [
  ...(protocol.data === 'LOCAL' ? requestedTasks(protocol).map(({ name }) => `${name}.jsonl`) : []),
  ...requestedTexts(protocol).map((name) => perplexityTextOf(name).file),
];

/** Looks at the file system. */
export function createLaunchEnvironment(options: {
  readonly python: string;
  readonly taskDataFolder: string | undefined;
}): LaunchEnvironment {
  const { python, taskDataFolder } = options;
  const taskFile = (name: string): string => join(taskDataFolder ?? '', name);
  return {
    hasPython: () => existsSync(python),
    missingTaskData: (files) => {
      if (taskDataFolder === undefined) return 'folder';
      return files.find((name) => !existsSync(taskFile(name))) ?? null;
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
