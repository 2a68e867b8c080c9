import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../seeded-random.js';
import { type CkaMatrix, ckaMatrices } from './cka.js';
import { linearGram } from './gram-matrix.js';
import { detectPatches } from './patches.js';

const [ROWS, SIZE] = [24, 6];

/** Numbers between -1 and 1. */
function randomRows(seed: number, count = ROWS, size = SIZE): number[][] {
  const bits = seededRandom(seed);
  return Array.from({ length: count }, () => Array.from({ length: size }, () => bits() / 2 ** 31 - 1));
}

const asRows = (rows: readonly (readonly number[])[]) => rows.map((row) => Float32Array.from(row));
const formsOf = (layers: readonly (readonly (readonly number[])[])[], rows: 'samples' | 'tokens' = 'samples') =>
  ckaMatrices(
    layers.map((layer) => linearGram(asRows(layer))),
    layers[0]?.length ?? 0,
    rows,
  );

/** Rotates the plane of two features. */
const rotate = (rows: readonly (readonly number[])[], [i, j]: readonly [number, number], angle: number) =>
  rows.map((row) => {
    const [x, y] = [row[i] ?? 0, row[j] ?? 0];
    return row.with(i, x * Math.cos(angle) - y * Math.sin(angle)).with(j, x * Math.sin(angle) + y * Math.cos(angle));
  });

/** The value of two layers in every form. */
const between = (matrices: readonly CkaMatrix[], a = 0, b = 1) =>
  matrices.map(({ values }) => values[a]?.[b] ?? Number.NaN);

const seeds = fc.integer({ min: 1, max: 1e6 });

describe('CKA', () => {
  it('is symmetric, 1 on the diagonal and at most 1 in every form', () => {
    fc.assert(
      fc.property(fc.array(seeds, { minLength: 2, maxLength: 4 }), (layerSeeds) => {
        const matrices = formsOf(layerSeeds.map((seed) => randomRows(seed)));
        expect(matrices.map(({ kernel, estimator }) => `${kernel} ${estimator}`)).toEqual([
          ...['linear biased', 'linear unbiased', 'rbf biased', 'rbf unbiased', 'linear minibatch'],
        ]);
        for (const { values, estimator } of matrices)
          for (const [i, line] of values.entries()) {
            expect(line[i]).toBe(1);
            for (const [j, value] of line.entries()) {
              expect(value).toBe(values[j]?.[i]);
              expect(value).toBeLessThanOrEqual(1 + 1e-12);
              expect(value).toBeGreaterThanOrEqual(estimator === 'unbiased' ? -1 - 1e-12 : 0);
            }
          }
      }),
      { numRuns: 20 },
    );
  });

  it('is blind to rotations, to scale and to shifts of a layer’s states', () => {
    const angle = fc.double({ min: 0, max: 6.28, noNaN: true });
    const scale = fc.double({ min: 0.1, max: 100, noNaN: true });
    fc.assert(
      fc.property(seeds, seeds, angle, scale, fc.double({ min: -2, max: 2, noNaN: true }), (a, b, turn, by, shift) => {
        const [low, high] = [randomRows(a), randomRows(b)];
        const rotated = rotate(rotate(high, [0, 3], turn), [3, 5], 2 * turn);
        const moved = rotated.map((row) => row.map((value) => by * (value + shift)));
        const expected = between(formsOf([low, high]));
        for (const [form, value] of between(formsOf([low, moved])).entries())
          expect(Math.abs(value - (expected[form] ?? Number.NaN))).toBeLessThan(1e-4);
      }),
      { numRuns: 20 },
    );
  });

  it('calls unrelated layers alike where the estimate is biased, and unlike where it is not', () => {
    // Far more features than rows, as in flattened samples.
    const matrices = formsOf([randomRows(1, ROWS, 400), randomRows(2, ROWS, 400)]);
    const [biased = 0, unbiased = 1, , , minibatch = 0] = between(matrices);
    expect(biased).toBeGreaterThan(0.9);
    expect(minibatch).toBeGreaterThan(0.9);
    expect(Math.abs(unbiased)).toBeLessThan(0.1);
  });

  it('of one batch alone is the biased estimate, and leaves a last batch of three out', () => {
    const layers = [randomRows(3, 19), randomRows(4, 19)];
    const minibatch = between(formsOf(layers)).at(-1);
    expect(minibatch).toBeCloseTo(between(formsOf(layers.map((rows) => rows.slice(0, 16))))[0] ?? Number.NaN, 12);
  });

  it('has no form for three rows, and no minibatch of tokens', () => {
    expect(formsOf([randomRows(1, 3), randomRows(2, 3)])).toEqual([]);
    expect(formsOf([randomRows(1, 4), randomRows(2, 4)], 'tokens').map(({ estimator }) => estimator)).toEqual([
      ...['biased', 'unbiased', 'biased', 'unbiased'],
    ]);
  });

  it('names the layer whose rows cannot be told apart', () => {
    const [row = []] = randomRows(5, 1);
    const error = expect.objectContaining({ code: 'MEASURE.DEGENERATE_LAYER', details: { layer: 1, rows: 'tokens' } });
    expect(() => formsOf([randomRows(1), randomRows(1).map(() => row)], 'tokens')).toThrow(error);
    // Most rows equal: the RBF kernel has no bandwidth.
    const nearly = randomRows(1).map((other, at) => (at < 3 ? other : row));
    expect(() => formsOf([randomRows(1), nearly], 'tokens')).toThrow(error);
  });

  it('gives planted blocks of layers back as patches', () => {
    // Layers of a block are rotations of one another with a little noise.
    const blocks = [4, 1, 5, 2];
    const layers = blocks.flatMap((span, block) =>
      Array.from({ length: span }, (_, at) => {
        const noise = randomRows(100 * block + at + 50);
        const base = rotate(randomRows(block + 1, 64), [0, 2], at);
        return base.map((row, i) => row.map((value, j) => value + 0.05 * (noise[i % ROWS]?.[j] ?? 0)));
      }),
    );
    for (const { values } of formsOf(layers))
      expect(detectPatches(values, 0.9).map(({ first, last }) => [first, last])).toEqual([
        [0, 3],
        [5, 9],
        [10, 11],
      ]);
  });
});
