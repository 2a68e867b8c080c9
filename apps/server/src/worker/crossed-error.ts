import { CodedError, isCodedError } from '@swm/core/errors';

/** An error as it crosses threads: prototypes do not. */
export interface CrossedError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly coded:
    | {
        readonly code: string;
        readonly fix: string | undefined;
        readonly retryable: boolean;
        readonly details: unknown;
      }
    | undefined;
}

/** Takes an error apart for the way to another thread. */
export function cross(error: unknown): CrossedError {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  if (!isCodedError(error)) return { message, stack, coded: undefined };
  const { code, fix, retryable, details } = error;
  return { message, stack, coded: { code, fix, retryable, details: JSON.parse(JSON.stringify(details)) } };
}

/** Rebuilds an error on this side of the thread. */
export function revive({ message, stack, coded }: CrossedError): Error {
  if (!coded) return Object.assign(new Error(message), { stack });
  const details = typeof coded.details === 'object' && coded.details !== null ? { ...coded.details } : {};
  return new CodedError({
    code: coded.code,
    message,
    retryable: coded.retryable,
    details,
    ...(coded.fix === undefined ? {} : { fix: coded.fix }),
  });
}
