import type { Outcomes } from './discordance.js';
import { holm } from './holm.js';
import { twoSidedP } from './normal.js';
import { pairedVariance } from './paired.js';

/** Groups above this size show intervals and no ranks: their pairs grow with the square. */
export const RANKED_ROWS_MAX = 200;

/** Chance of one wrong verdict in a family of tests. */
export const ALPHA = 0.05;

/** One row, ready to be compared with many: its bits as words, task by task. */
interface PackedTask {
  readonly n: number;
  readonly right: number;
  readonly words: Uint32Array;
}

/** Number of set bits of a 32-bit word. */
function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The row's tasks, or null where one is missing. */
function packRow(row: Outcomes, tasks: readonly string[]): PackedTask[] | null {
  const packed: PackedTask[] = [];
  for (const task of tasks) {
    const outcomes = row.get(task);
    if (!outcomes || outcomes.n === 0) return null;
    const words = new Uint32Array(Math.ceil(outcomes.bits.length / 4));
    new Uint8Array(words.buffer).set(outcomes.bits);
    packed.push({ n: outcomes.n, words, right: words.reduce((sum, word) => sum + popcount(word), 0) });
  }
  return packed.length === 0 ? null : packed;
}

/** z of the paired difference of two rows' means, as `pairedDifference` gives it; NaN where their questions differ in number. */
function pairedZ(a: readonly PackedTask[], b: readonly PackedTask[]): number {
  let sum = 0;
  let variance = 0;
  for (let task = 0; task < a.length; task += 1) {
    const left = a[task];
    const right = b[task];
    if (!left || !right || left.n !== right.n) return Number.NaN;
    let discordant = 0;
    for (let index = 0; index < left.words.length; index += 1)
      discordant += popcount((left.words[index] ?? 0) ^ (right.words[index] ?? 0));
    const surplus = left.right - right.right;
    sum += surplus / left.n;
    variance += pairedVariance(left.n, discordant, surplus);
  }
  return sum / Math.sqrt(variance);
}

/**
 * Rank of each row = 1 + number of rows significantly better (ties are not transitive): the paired difference of the means with its
 * analytic stratified error, Holm over all pairs of the rows at 95 %. Same order as `rows`. null for a row without the outcomes of a
 * task, and for every row of more than `RANKED_ROWS_MAX`.
 */
export function rankRows(rows: readonly Outcomes[], tasks: readonly string[]): (number | null)[] {
  if (rows.length > RANKED_ROWS_MAX) return rows.map(() => null);
  const packed = rows.map((row) => packRow(row, tasks));
  const pairs: { readonly worse: number; readonly p: number }[] = [];
  packed.forEach((a, first) => {
    for (let second = 0; second < first; second += 1) {
      const b = packed[second];
      const z = a && b ? pairedZ(a, b) : Number.NaN;
      if (!Number.isNaN(z)) pairs.push({ worse: z > 0 ? second : first, p: twoSidedP(z) });
    }
  });
  const ranks = packed.map((row): number | null => (row ? 1 : null));
  holm(pairs.map(({ p }) => p)).forEach((p, index) => {
    const worse = pairs[index]?.worse ?? 0;
    const rank = ranks[worse];
    if (p <= ALPHA && typeof rank === 'number') ranks[worse] = rank + 1;
  });
  return ranks;
}
