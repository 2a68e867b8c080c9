import {
  binomialUpperTail,
  bootstrapDifference,
  holm,
  mcnemarP,
  seededRandom,
  twoSidedP,
  wilsonInterval,
} from '@swm/eval/scoreboard';
import { describe, expect, test } from 'vitest';
import golden from './scoreboard.json' with { type: 'json' };

/** Equal to a relative 1e-10: both sides sum thousands of terms in double precision. */
function expectEqual(found: number, expected: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-10 * Math.max(Math.abs(expected), 1e-300));
}

const { scipy, statsmodels } = golden.versions;

describe(`statistics as scipy ${scipy} and statsmodels ${statsmodels} give them`, () => {
  test.each(golden.wilson)('Wilson’s interval of $right of $n', ({ right, n, low, high }) => {
    const found = wilsonInterval(right, n);
    expect(found.low).toBeCloseTo(low, 12);
    expect(found.high).toBeCloseTo(high, 12);
  });

  test.each(golden.mcnemar)('McNemar’s exact test of $onlyA against $onlyB', ({ onlyA, onlyB, p }) => {
    expectEqual(mcnemarP(onlyA, onlyB), p);
    expectEqual(mcnemarP(onlyB, onlyA), p);
  });

  test.each(golden.holm)('Holm over $ps', ({ ps, adjusted }) => {
    holm(ps).forEach((p, index) => {
      expectEqual(p, adjusted[index] ?? Number.NaN);
    });
  });

  test.each(golden.upperTail)('$k of $n or more at $p', ({ k, n, p, tail }) => {
    expectEqual(binomialUpperTail(k, n, p), tail);
  });

  test.each(golden.twoSided)('the normal distribution beyond $z', ({ z, p }) => {
    expectEqual(twoSidedP(z), p);
  });

  // Two bootstraps of 20,000 and 10,000 resamples: their ends differ by chance, by some hundredths of a standard error, or one question.
  test.each(golden.bootstrap)('the paired bootstrap over $strata', ({ strata, low, high, stderr }) => {
    const found = bootstrapDifference(strata, { random: seededRandom(1234) });
    const question = 1 / Math.min(...strata.map(({ n }) => n)) / strata.length;
    const tolerance = Math.max(0.08 * stderr, question) + 1e-12;
    expect(Math.abs(found.low - low)).toBeLessThan(tolerance);
    expect(Math.abs(found.high - high)).toBeLessThan(tolerance);
  });
});
