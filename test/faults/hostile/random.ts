import { seededRandom } from '@swm/core';

/** Choices that a seed alone decides, so that a failing case can be made again by its number. */
export function choicesOf(seed: number) {
  const bits = seededRandom(seed);
  const below = (count: number): number => Math.floor((bits() / 2 ** 32) * count);
  return {
    below,
    /** One of a list that is not empty. */
    pick: <Item>(items: readonly Item[]): Item => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

export type Choices = ReturnType<typeof choicesOf>;
