/** What is shown where nothing was measured. Never 0. */
export const MISSING = '—';

type Maybe = number | null | undefined;

const isNumber = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value);

/** A proportion as percent with one decimal: 0.4567 → "45.7". */
export const percent = (value: Maybe, digits = 1): string =>
  isNumber(value) ? (100 * value).toFixed(digits) : MISSING;

/** A signed difference of proportions in points: -0.021 → "−2.1". A true minus sign lines up with plus. */
export function points(value: Maybe, digits = 1): string {
  if (!isNumber(value)) return MISSING;
  const text = Math.abs(100 * value).toFixed(digits);
  if (Number(text) === 0) return `±${text}`;
  return `${value < 0 ? '−' : '+'}${text}`;
}

/** Milliseconds: 1234.5 → "1,235". */
export const milliseconds = (value: Maybe): string =>
  isNumber(value) ? Math.round(value).toLocaleString('en-US') : MISSING;

/** A figure with a fixed number of digits. */
export const decimal = (value: Maybe, digits: number): string => (isNumber(value) ? value.toFixed(digits) : MISSING);

/** A count of parameters, given as decimal text: "134515008" → "134.5 M". */
export function parameters(text: string | null | undefined): string {
  const count = text === null || text === undefined || text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(count)) return MISSING;
  const units: readonly (readonly [number, string])[] = [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ];
  const [size, unit] = units.find(([limit]) => count >= limit) ?? [1, ''];
  return size === 1 ? String(count) : `${(count / size).toFixed(count / size >= 100 ? 1 : 2)} ${unit}`;
}

/** Bytes, given as decimal text: "269030016" → "269 MB". */
export function bytes(text: string | null | undefined): string {
  const count = text ? Number(text) : Number.NaN;
  if (!Number.isFinite(count)) return MISSING;
  return count >= 1e9 ? `${(count / 1e9).toFixed(2)} GB` : `${(count / 1e6).toFixed(0)} MB`;
}

/** A span of time for people: 75000 → "1 min 15 s". */
export function duration(ms: Maybe): string {
  if (!isNumber(ms)) return MISSING;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A moment, in UTC so that server and browser agree. */
export const moment = (iso: string | null | undefined): string =>
  iso ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : MISSING;

/** The start of a digest. */
export const digest = (text: string | null | undefined): string => (text ? text.slice(0, 12) : MISSING);

/** SEARCH_PLAN → "search plan". */
export const words = (name: string): string => name.toLowerCase().replaceAll('_', ' ');
