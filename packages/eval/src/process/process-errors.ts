import { CodedError } from '@swm/core/errors';

/** `PROCESS.NOT_FOUND`: the program is not on this machine. */
export const programNotFound = (file: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'PROCESS.NOT_FOUND',
    message: 'A program this step needs could not be started.',
    fix: 'Run `npm run doctor`: it says what is missing and how to install it.',
    details: { file },
    cause,
  });

/** `PROCESS.START_FAILED`: the program is there, but the system did not start it (no such folder, no memory, no process left). */
export const startFailed = (file: string, reason: string, cause?: unknown): CodedError =>
  new CodedError({
    code: 'PROCESS.START_FAILED',
    message: `The system could not start a program this step needs: ${reason}.`,
    fix: 'Check free memory, the limit on processes and that the experiment’s folder exists, then launch again.',
    retryable: true,
    details: { file },
    cause,
  });
