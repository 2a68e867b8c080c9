import { isCodedError } from '@swm/core/errors';
import { asUserError, type UserError } from './user-error.js';

/** A part of an input: what it means, or everything that is wrong with it. */
export type Check<Value> = { readonly value: Value } | { readonly errors: readonly UserError[] };

/** One mistake. */
export const wrong = (code: string, field: readonly string[], message: string, hint: string): UserError => ({
  ...{ code, field, message, hint },
});

/** A check that found these mistakes. */
export const bad = (...errors: readonly UserError[]) => ({ errors });

/** The mistakes of a check; none where it found a value. */
export const errorsOf = (check: Check<unknown>): readonly UserError[] => ('errors' in check ? check.errors : []);

/** Runs a reader or validator that throws a coded error naming its field. */
export function caught<Value>(read: () => Value): Check<Value> {
  try {
    return { value: read() };
  } catch (error) {
    if (isCodedError(error)) return bad(asUserError(error));
    throw error;
  }
}
