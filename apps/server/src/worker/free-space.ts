import { mkdir, statfs } from 'node:fs/promises';
import { CodedError } from '@swm/core/errors';

/** `STORAGE.NO_SPACE`: refused before anything is written (I-22). */
export const noSpace = (neededBytes: number, freeBytes: number): CodedError =>
  new CodedError({
    code: 'STORAGE.NO_SPACE',
    message: `The disk of SWM_HOME has ${(freeBytes / 1e9).toFixed(1)} GB free; this experiment needs about ${(neededBytes / 1e9).toFixed(1)} GB.`,
    fix: 'Free some space, or move SWM_HOME to a larger disk.',
    retryable: true,
  });

/** Makes the folder and checks that its disk can take `neededBytes`. Throws `STORAGE.NO_SPACE`. */
export async function needFreeSpace(folder: string, neededBytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < neededBytes) throw noSpace(neededBytes, bavail * bsize);
}
