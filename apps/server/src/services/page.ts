import { CodedError } from '@swm/core/errors';
import { z } from 'zod';

/** One page of a list that grows: rows after a cursor, in a stable order. */
export interface Page<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

export interface PageRequest {
  /** 1 to 100. */
  readonly first: number;
  readonly after: string | null;
}

const MAX_FIRST = 100;

/** `INPUT.PAGE_SIZE`: `first` is not from 1 to 100. */
const invalidPageSize = (first: number): CodedError =>
  new CodedError({
    code: 'INPUT.PAGE_SIZE',
    message: `A page has 1 to ${MAX_FIRST} rows, not ${first}.`,
    fix: 'Ask for fewer rows, and go on with after: endCursor.',
  });

/** `INPUT.CURSOR`: not a cursor that this list gave. */
const invalidCursor = (): CodedError =>
  new CodedError({
    code: 'INPUT.CURSOR',
    message: 'The cursor is not one of this list.',
    fix: 'Pass endCursor of the page before, with the same order; leave it out for the first page.',
  });

/** `first`, or `INPUT.PAGE_SIZE`. */
export function pageSize(first: number): number {
  if (!Number.isInteger(first) || first < 1 || first > MAX_FIRST) throw invalidPageSize(first);
  return first;
}

/** The sort key of a row as an opaque cursor. */
export const encodeCursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** The sort key in a cursor, null for none; throws `INPUT.CURSOR`. */
export function decodeCursor<Key>(cursor: string | null, schema: z.ZodType<Key>): Key | null {
  if (cursor === null) return null;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw invalidCursor(); // Whatever it is, it does not come from us.
  }
}

/** A page of `first` rows out of `first + 1` read. */
export function pageOf<Row>(
  rows: readonly Row[],
  options: { readonly first: number; readonly totalCount: number; readonly keyOf: (row: Row) => unknown },
): Page<Row> {
  const { first, totalCount, keyOf } = options;
  const edges = rows.slice(0, first).map((node) => ({ cursor: encodeCursor(keyOf(node)), node }));
  return { edges, hasNextPage: rows.length > first, totalCount };
}

/** A row's id as the cursor of lists in order of creation (ids are time-ordered). */
export const idKeySchema = z.uuid();
