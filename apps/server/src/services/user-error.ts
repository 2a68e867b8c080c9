import type { CodedError } from '@swm/core/errors';

/** A mistake of the caller: what is wrong, where in the input, and how to put it right. Part of the answer, never thrown. */
export interface UserError {
  readonly code: string;
  /** Path in the input, for example `['target', 'layers']`; empty where no field is to blame. */
  readonly field: readonly string[];
  readonly message: string;
  readonly hint: string | null;
}

/** A coded error as a user error; `details.field` names the field where the error knows it. */
export function asUserError(error: CodedError, field: readonly string[] = []): UserError {
  const { field: known } = error.details;
  return {
    code: error.code,
    field: Array.isArray(known) ? known.map(String) : field,
    message: error.message,
    hint: error.fix ?? null,
  };
}
