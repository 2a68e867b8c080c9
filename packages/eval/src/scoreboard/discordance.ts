/** Outcomes of one task by its headline metric: question i is right when bit i (least significant first) is set. Bits past `n` are 0. */
export interface TaskOutcomes {
  readonly n: number;
  readonly bits: Uint8Array;
}

/** A row's outcomes by task. */
export type Outcomes = ReadonlyMap<string, TaskOutcomes>;

/** How two rows differ on one task: questions that one of them alone answered rightly. */
export interface Discordance {
  readonly n: number;
  readonly onlyA: number;
  readonly onlyB: number;
}

const POPCOUNT = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = byte;
  let count = 0;
  for (; bits > 0; bits >>= 1) count += bits & 1;
  return count;
});

function discordanceOf(a: TaskOutcomes, b: TaskOutcomes): Discordance {
  let onlyA = 0;
  let onlyB = 0;
  for (let index = 0; index < a.bits.length; index += 1) {
    const x = a.bits[index] ?? 0;
    const y = b.bits[index] ?? 0;
    onlyA += POPCOUNT[x & ~y & 0xff] ?? 0;
    onlyB += POPCOUNT[y & ~x & 0xff] ?? 0;
  }
  return { n: a.n, onlyA, onlyB };
}

/** How two rows differ, task by task; null when they do not share all tasks with equal counts, or there is none. */
export function discordances(a: Outcomes, b: Outcomes, tasks: readonly string[]): Discordance[] | null {
  const found: Discordance[] = [];
  for (const task of tasks) {
    const left = a.get(task);
    const right = b.get(task);
    if (!left || !right || left.n !== right.n || left.n === 0) return null;
    found.push(discordanceOf(left, right));
  }
  return found.length === 0 ? null : found;
}

/** Questions that flipped between two rows, by their place in the task's data (0-based, ascending). Both have the same n. */
export function flippedQuestions(
  a: TaskOutcomes,
  b: TaskOutcomes,
): { readonly onlyA: readonly number[]; readonly onlyB: readonly number[] } {
  const onlyA: number[] = [];
  const onlyB: number[] = [];
  for (let question = 0; question < a.n; question += 1) {
    const mask = 1 << (question & 7);
    const x = (a.bits[question >> 3] ?? 0) & mask;
    const y = (b.bits[question >> 3] ?? 0) & mask;
    if (x !== y) (x ? onlyA : onlyB).push(question);
  }
  return { onlyA, onlyB };
}
