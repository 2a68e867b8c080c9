import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectPatches } from './patches.js';

const matrixOf = (depth: number, similar: (i: number, j: number) => number) =>
  Array.from({ length: depth }, (_, i) =>
    Array.from({ length: depth }, (_, j) => (i === j ? 1 : similar(Math.min(i, j), Math.max(i, j)))),
  );

function check(matrix: readonly (readonly number[])[], threshold: number, expected: readonly (readonly number[])[]) {
  expect(detectPatches(matrix, threshold).map(({ first, last, minimum }) => [first, last, minimum])).toEqual(expected);
}

describe('detectPatches', () => {
  it('finds planted blocks, whole, whatever lies beside them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }), (spans) => {
        const blockOf = spans.flatMap((span, block) => new Array<number>(span).fill(block));
        const matrix = matrixOf(blockOf.length, (i, j) => (blockOf[i] === blockOf[j] ? 0.95 : 0.4));
        const planted = spans.map((span, block) => [blockOf.indexOf(block), blockOf.indexOf(block) + span - 1, 0.95]);
        check(
          matrix,
          0.9,
          planted.filter(([first, last]) => first !== last),
        );
      }),
    );
  });

  it('takes the longest of overlapping runs, then the more alike, then the lower', () => {
    check(
      matrixOf(6, (i, j) => (j - i <= 2 ? 0.95 : 0.5)),
      0.9,
      [
        [0, 2, 0.95],
        [3, 5, 0.95],
      ],
    );
    check(
      matrixOf(4, (i, j) => (j - i > 1 ? 0.5 : i === 1 ? 0.99 : 0.95)),
      0.9,
      [[1, 2, 0.99]],
    );
    check(
      matrixOf(5, (i, j) => (i >= 1 && j - i <= 3 ? 0.92 : 0.1)),
      0.9,
      [[1, 4, 0.92]],
    );
  });

  it('needs more than the threshold, of every pair', () => {
    check(
      matrixOf(3, () => 0.9),
      0.9,
      [],
    );
    check(
      matrixOf(3, (i, j) => (j - i === 2 ? 0.2 : 0.91)),
      0.9,
      [[0, 1, 0.91]],
    );
    check([], 0.9, []);
    check([[1]], 0.9, []);
  });
});
