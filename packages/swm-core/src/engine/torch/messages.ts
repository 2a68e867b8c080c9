import { engineProtocol } from '../engine-errors.js';

/** Version of the lines that python/torch_engine.py and this client exchange. */
export const PROTOCOL = 2;

/** The first line of the side process: what will compute. */
export interface Hello {
  readonly torch: string;
  readonly backend: 'cuda' | 'mps' | 'cpu';
  readonly deviceName: string;
  readonly dtype: 'f32' | 'bf16' | 'f16';
  readonly tf32: boolean;
  readonly threads: number;
}

/** What went wrong in the side process, by the code of engine-errors.ts. */
export interface ReplyError {
  readonly code: string;
  readonly message: string;
  readonly details: Fields;
}

/** An object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** A JSON object, or `ENGINE.PROTOCOL`. */
export function parseLine(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw engineProtocol('a line is not JSON', line);
  }
  return asFields(value, line);
}

export function asFields(value: unknown, line: unknown = JSON.stringify(value)): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw engineProtocol('an object was expected', line);
  return { ...value };
}

const invalid = (fields: Fields, name: string) =>
  engineProtocol(`its field ${name} is missing or of another kind`, JSON.stringify(fields));

export function textOf(fields: Fields, name: string): string {
  const { [name]: value } = fields;
  if (typeof value !== 'string') throw invalid(fields, name);
  return value;
}

/** A whole number from `low`. */
export function countOf(fields: Fields, name: string, low = 0): number {
  const { [name]: value } = fields;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < low) throw invalid(fields, name);
  return value;
}

/** As many finite numbers as expected. */
export function numbersOf(fields: Fields, name: string, length: number): readonly number[] {
  const { [name]: value } = fields;
  const isComplete = Array.isArray(value) && value.length === length && value.every(Number.isFinite);
  if (!isComplete) throw invalid(fields, name);
  return value;
}

/** A list of objects. */
export function listOf(fields: Fields, name: string): readonly Fields[] {
  const { [name]: items } = fields;
  if (!Array.isArray(items)) throw invalid(fields, name);
  return items.map((item: unknown) => asFields(item));
}

/** A square matrix of finite numbers, as a list of rows. */
export function matrixOf(fields: Fields, name: string, size: number): readonly (readonly number[])[] {
  const { [name]: rows } = fields;
  if (!Array.isArray(rows) || rows.length !== size) throw invalid(fields, name);
  return rows.map((row: unknown) => numbersOf({ [name]: row }, name, size));
}

/** One of these words. */
export function oneOf<Value extends string>(fields: Fields, name: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === fields[name]);
  if (found === undefined) throw invalid(fields, name);
  return found;
}

/** The greeting, or `ENGINE.PROTOCOL` for one of another version. */
export function readHello(fields: Fields): Hello {
  if (fields.protocol !== PROTOCOL)
    throw engineProtocol(
      `it speaks version ${JSON.stringify(fields.protocol)} of the protocol, not ${PROTOCOL}`,
      JSON.stringify(fields),
    );
  const { tf32 } = fields;
  if (typeof tf32 !== 'boolean') throw invalid(fields, 'tf32');
  return {
    torch: textOf(fields, 'torch'),
    backend: oneOf(fields, 'backend', ['cuda', 'mps', 'cpu']),
    deviceName: textOf(fields, 'deviceName'),
    dtype: oneOf(fields, 'dtype', ['f32', 'bf16', 'f16']),
    tf32,
    threads: countOf(fields, 'threads', 1),
  };
}

/** The `error` of a reply or a greeting. */
export function readReplyError(value: unknown): ReplyError {
  const fields = asFields(value);
  return { code: textOf(fields, 'code'), message: textOf(fields, 'message'), details: asFields(fields.details ?? {}) };
}
