import { CodedError } from '@swm/core/errors';

/** `WORKER.CRASHED`: the worker died at the same point again and again. */
export const crashedTooOften = (attempts: number): CodedError =>
  new CodedError({
    code: 'WORKER.CRASHED',
    message: `The worker died ${attempts} times at the same point of this work.`,
    fix: 'Most often the machine ran out of memory: use a smaller model or fewer calibration samples, and see the worker’s log.',
  });

/** `WORKER.INTERNAL`: a bug of ours; the log has the rest under the same id. */
export const internal = (requestId: string, cause: unknown): CodedError =>
  new CodedError({
    code: 'WORKER.INTERNAL',
    message: `Something failed that should not (${requestId}).`,
    fix: 'Report it with the worker’s log, where the same id stands.',
    cause,
  });
