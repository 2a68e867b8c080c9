import { invalidConfig } from './architecture-errors.js';

/** config.json, or a part of it, as parsed. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** A positive integer up to `max`; `fallback` where the key is absent or null (transformers treats both alike). */
export function readCount(raw: RawConfig, key: string, max: number, fallback?: number): number {
  const value = raw[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    throw invalidConfig(key, `should be a whole number from 1 to ${max}, not ${show(value)}`);
  }
  return value;
}

/** A finite number above zero; `fallback` where the key is absent or null. */
export function readPositive(raw: RawConfig, key: string, fallback?: number): number {
  const value = raw[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw invalidConfig(key, `should be a number above 0, not ${show(value)}`);
  }
  return value;
}

/** A finite number above zero, or null where the key is absent or null. */
export function readOptional(raw: RawConfig, key: string): number | null {
  return (raw[key] ?? null) === null ? null : readPositive(raw, key);
}

/** A boolean; absent and null are `false`. */
export function readFlag(raw: RawConfig, key: string): boolean {
  const value = raw[key] ?? false;
  if (typeof value !== 'boolean') throw invalidConfig(key, `should be true or false, not ${show(value)}`);
  return value;
}

/** A value found in a hostile file, short enough for a message. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
