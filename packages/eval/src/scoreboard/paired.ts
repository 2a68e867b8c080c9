import { Z95 } from './interval.js';

/** Outcomes of one task by its headline metric: question i is right when bit i (least significant first) is set. */
export interface TaskOutcomes {
  readonly n: number;
  readonly bits: Uint8Array;
}

/** A row's outcomes by task. */
export type Outcomes = ReadonlyMap<string, TaskOutcomes>;

export interface PairedDifference {
  /** Mean over tasks of (a - b), unweighted. */
  readonly difference: number;
  readonly stderr: number;
}

const POPCOUNT = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = byte;
  let count = 0;
  for (; bits > 0; bits >>= 1) count += bits & 1;
  return count;
});

/** Questions only `a`, and only `b`, answered rightly. Bits past `n` must be 0. */
function discordant(a: Uint8Array, b: Uint8Array): { readonly onlyA: number; readonly onlyB: number } {
  let onlyA = 0;
  let onlyB = 0;
  for (let index = 0; index < a.length; index += 1) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    onlyA += POPCOUNT[x & ~y & 0xff] ?? 0;
    onlyB += POPCOUNT[y & ~x & 0xff] ?? 0;
  }
  return { onlyA, onlyB };
}

/**
 * Paired difference of two rows' means on the same questions: per task d = (onlyA - onlyB)/n; its variance after Agresti and Min
 * (2005), half a question added to each cell, so that rows without a single discordant question are not told apart by a zero. Tasks
 * are strata of equal weight. null when the rows do not share all tasks with equal counts.
 */
export function pairedDifference(a: Outcomes, b: Outcomes, tasks: readonly string[]): PairedDifference | null {
  let sum = 0;
  let variance = 0;
  for (const task of tasks) {
    const left = a.get(task);
    const right = b.get(task);
    if (!left || !right || left.n !== right.n || left.n === 0) return null;
    const { n } = left;
    const { onlyA, onlyB } = discordant(left.bits, right.bits);
    const d = (onlyA - onlyB) / n;
    sum += d;
    const share = (onlyA + onlyB + 1) / (n + 2);
    const shrunk = (onlyA - onlyB) / (n + 2);
    variance += (share - shrunk ** 2) / n;
  }
  if (tasks.length === 0) return null;
  return { difference: sum / tasks.length, stderr: Math.sqrt(variance) / tasks.length };
}

/** Whether a's mean is above b's at 95 %, two-sided. Rows that agree on every question never differ. */
export function isSignificantlyBetter(a: Outcomes, b: Outcomes, tasks: readonly string[]): boolean {
  const paired = pairedDifference(a, b, tasks);
  return paired !== null && paired.difference > Z95 * paired.stderr;
}

/** Rank of each row = 1 + number of rows significantly better (ties are not transitive). Same order as `rows`. */
export function rankRows(rows: readonly Outcomes[], tasks: readonly string[]): number[] {
  return rows.map(
    (row) => 1 + rows.filter((other) => other !== row && isSignificantlyBetter(other, row, tasks)).length,
  );
}
