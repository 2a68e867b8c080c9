import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASKS } from '../protocol/index.js';
import { drawBinomial, logFactorials } from './binomial.js';
import {
  bootstrapDifference,
  compareRows,
  type Discordance,
  discordances,
  flippedQuestions,
  holm,
  isSignificantlyBetter,
  mcnemarP,
  minimumDetectableDifference,
  type Outcomes,
  RANKED_ROWS_MAX,
  rankRows,
  seededRandom,
  type TaskOutcomes,
} from './index.js';

const NAMES = TASKS.map(({ name }) => name);

function pack(answers: readonly boolean[]): TaskOutcomes {
  const bits = new Uint8Array(Math.ceil(answers.length / 8));
  answers.forEach((isRight, at) => {
    if (isRight) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  });
  return { n: answers.length, bits };
}

const answersArbitrary = fc.array(fc.boolean(), { minLength: 1, maxLength: 70 });
const pairArbitrary = fc
  .integer({ min: 1, max: 70 })
  .chain((n) => fc.tuple(...[0, 1].map(() => fc.array(fc.boolean(), { minLength: n, maxLength: n }))));

/** A row that answers each question of the official counts rightly with its task's probability, independently: the noisiest pair there is. */
const simulate = (random: () => number, accuracy: number): Outcomes =>
  new Map(
    TASKS.map(({ name, officialCount }) => {
      const bits = new Uint8Array(Math.ceil(officialCount / 8));
      for (let at = 0; at < officialCount; at += 1)
        if (random() < accuracy) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
      return [name, { n: officialCount, bits }];
    }),
  );

describe('flipped questions', () => {
  it('are those whose answers differ, in order', () => {
    fc.assert(
      fc.property(pairArbitrary, ([a = [], b = []]) => {
        const { onlyA, onlyB } = flippedQuestions(pack(a), pack(b));
        expect(onlyA).toEqual(a.flatMap((isRight, at) => (isRight && !b[at] ? [at] : [])));
        expect(onlyB).toEqual(b.flatMap((isRight, at) => (isRight && !a[at] ? [at] : [])));
        const strata = discordances(new Map([['x', pack(a)]]), new Map([['x', pack(b)]]), ['x']);
        expect(strata).toEqual([{ n: a.length, onlyA: onlyA.length, onlyB: onlyB.length }]);
      }),
    );
  });
});

describe('exact tests and their family', () => {
  it('McNemar’s p is a probability, the same from either side, and smaller the more one-sided', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (a, b) => {
        expect(mcnemarP(a, b)).toBe(mcnemarP(b, a));
        expect(mcnemarP(a, b)).toBeGreaterThan(0);
        expect(mcnemarP(a, b)).toBeLessThanOrEqual(1);
        if (a >= b) expect(mcnemarP(a + 1, b)).toBeLessThanOrEqual(mcnemarP(a, b) + 1e-12);
      }),
    );
  });

  it('Holm never lowers a p, keeps the order, and leaves a single test alone', () => {
    const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(ps, (family) => {
        const adjusted = holm(family);
        family.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(1);
          family.forEach((other, j) => {
            if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? Number.NaN);
          });
        });
      }),
    );
    expect([...holm([0.03])]).toEqual([0.03]);
    expect(() => holm([0.1, Number.NaN])).toThrow(RangeError);
  });
});

describe('bootstrap', () => {
  it('draws binomials with their mean and variance', () => {
    const random = seededRandom(7);
    const table = logFactorials(10_000);
    for (const [n, p] of [
      [12, 0.5],
      [40, 0.02],
      [500, 0.97],
      [10_000, 0.3],
    ] as const) {
      const draws = Array.from({ length: 20_000 }, () => drawBinomial(n, p, random(), table));
      const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
      expect(Math.abs(mean - n * p)).toBeLessThan(5 * Math.sqrt((n * p * (1 - p)) / draws.length));
      expect(variance / (n * p * (1 - p))).toBeCloseTo(1, 1);
    }
  });

  it('draws within the range for every u, p at the ends included', () => {
    const table = logFactorials(50);
    const u = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(50), fc.double({ min: 0, max: 1, noNaN: true }), u, (n, p, at) => {
        const draw = drawBinomial(n, p, at, table);
        expect(Number.isInteger(draw) && draw >= 0 && draw <= n).toBe(true);
      }),
    );
    expect([drawBinomial(9, 0, 0.5, table), drawBinomial(9, 1, 0.5, table)]).toEqual([0, 9]);
  });

  it('is the same for the same seed, and mirrors a mirrored pair', () => {
    const strata = [
      { n: 40, onlyA: 9, onlyB: 2 },
      { n: 500, onlyA: 40, onlyB: 31 },
    ];
    const run = (of: readonly Discordance[]) => bootstrapDifference(of, { random: seededRandom(3) });
    expect(run(strata)).toEqual(run(strata));
    const mirrored = run(strata.map(({ n, onlyA, onlyB }) => ({ n, onlyA: onlyB, onlyB: onlyA })));
    expect(mirrored.difference).toBeCloseTo(-run(strata).difference, 12);
    expect(Math.abs(mirrored.low + run(strata).high)).toBeLessThan(0.005);
  });

  it('never tells rows apart that agree on every question, and never gives a p of 0', () => {
    const options = { random: seededRandom(1) };
    expect(bootstrapDifference([{ n: 40, onlyA: 0, onlyB: 0 }], options)).toEqual({
      difference: 0,
      low: 0,
      high: 0,
      p: 1,
    });
    expect(bootstrapDifference([{ n: 4000, onlyA: 2000, onlyB: 0 }], options).p).toBeGreaterThan(0);
  });
});

describe('comparing rows', () => {
  const rowOf = (x: number, y: number): Outcomes =>
    new Map([x, y].map((right, index) => [`t${index}`, pack(Array.from({ length: 60 }, (_, at) => at < right))]));
  const rows = [rowOf(50, 30), rowOf(20, 30), rowOf(20, 31)];

  it('gives each pair once, its tasks in order, its flips by place', () => {
    const pairs = compareRows(rows, ['t0', 't1'], 1) ?? [];
    expect(pairs.map(({ first, second }) => [first, second])).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    const [clear, , close] = pairs;
    expect(clear).toMatchObject({ difference: 0.25, verdict: 'FIRST_BETTER' });
    expect(clear?.tasks.map(({ verdict }) => verdict)).toEqual(['FIRST_BETTER', 'TIED']);
    expect(clear?.tasks[0]?.onlyFirst).toEqual(Array.from({ length: 30 }, (_, at) => at + 20));
    expect(clear?.tasks[1]).toMatchObject({ n: 60, p: 1, pHolm: 1, onlyFirst: [], onlySecond: [], difference: 0 });
    expect(close).toMatchObject({ verdict: 'TIED', tasks: [{ p: 1 }, { p: 1, onlySecond: [30] }] });
  });

  it('adjusts the means for all pairs and the tasks for all tasks of all pairs', () => {
    const pairs = compareRows(rows, ['t0', 't1'], 1) ?? [];
    expect(pairs.map(({ pHolm }) => pHolm)).toEqual([...holm(pairs.map(({ p }) => p))]);
    const tests = pairs.flatMap(({ tasks }) => tasks);
    expect(tests.map(({ pHolm }) => pHolm)).toEqual([...holm(tests.map(({ p }) => p))]);
    expect(pairs[0]?.tasks[0]?.pHolm).toBeCloseTo(6 * mcnemarP(30, 0), 15);
  });

  it('is silent about rows that do not share all tasks', () => {
    expect(compareRows([rowOf(1, 1), new Map()], ['t0', 't1'], 1)).toBeNull();
  });
});

describe('ranks of a group', () => {
  const row = (right: number, n = 40): Outcomes =>
    new Map([['x', pack(Array.from({ length: n }, (_, at) => at < right))]]);

  it('have none above the largest group, nor for a row whose outcomes are missing', () => {
    const many = Array.from({ length: RANKED_ROWS_MAX + 1 }, () => row(20));
    expect(new Set(rankRows(many, ['x']))).toEqual(new Set([null]));
    expect(rankRows([row(40), new Map(), row(0)], ['x'])).toEqual([1, null, 2]);
    expect(rankRows([], ['x'])).toEqual([]);
  });

  it('are corrected for the number of pairs: a difference that one pair finds may be chance among many', () => {
    // 7 questions only the first answers, of 40: z = 2.5.
    const [better, worse] = [row(27), row(20)];
    expect(isSignificantlyBetter(better, worse, ['x'])).toBe(true);
    expect(rankRows([better, worse], ['x'])).toEqual([1, 2]);
    expect(rankRows([better, worse, ...Array.from({ length: 8 }, () => row(23))], ['x'])).toEqual(Array(10).fill(1));
  });

  it('say for two rows what the pair alone says', () => {
    fc.assert(
      fc.property(pairArbitrary, ([a = [], b = []]) => {
        const rows: Outcomes[] = [a, b].map((answers) => new Map([['x', pack(answers)]]));
        const [left = new Map(), right = new Map()] = rows;
        expect(rankRows(rows, ['x'])).toEqual([
          isSignificantlyBetter(right, left, ['x']) ? 2 : 1,
          isSignificantlyBetter(left, right, ['x']) ? 2 : 1,
        ]);
      }),
    );
  });

  it('do not depend on the order of the rows', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 2, maxLength: 8 }), (rights) => {
        const forward = rankRows(
          rights.map((right) => row(right)),
          ['x'],
        );
        const backward = rankRows(
          rights.toReversed().map((right) => row(right)),
          ['x'],
        );
        expect(backward.toReversed()).toEqual(forward);
      }),
    );
  });
});

describe('at the official counts, 20,465 questions, with a fixed seed', () => {
  const TRIALS = 1000;
  const random = seededRandom(20_465);

  it('at least 93.5 % of 1,000 pairs of equal models tie, by rank and by bootstrap', () => {
    let tiedByRank = 0;
    let tiedByBootstrap = 0;
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const pair = [simulate(random, 0.55), simulate(random, 0.55)] as const;
      tiedByRank += rankRows(pair, NAMES).every((rank) => rank === 1) ? 1 : 0;
      const strata = discordances(...pair, NAMES) ?? [];
      tiedByBootstrap += bootstrapDifference(strata, { random, resamples: 500 }).p > 0.05 ? 1 : 0;
    }
    expect(tiedByRank / TRIALS).toBeGreaterThanOrEqual(0.935);
    expect(tiedByBootstrap / TRIALS).toBeGreaterThanOrEqual(0.935);
    // Nor are they blunt: about one pair in twenty is called different.
    expect(tiedByRank / TRIALS).toBeLessThan(0.97);
    expect(tiedByBootstrap / TRIALS).toBeLessThan(0.97);
  });

  it('a true difference of 3 points is found in at least 90 % of pairs, by rank and by bootstrap', () => {
    const trials = 300;
    let foundByRank = 0;
    let foundByBootstrap = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const pair = [simulate(random, 0.58), simulate(random, 0.55)] as const;
      foundByRank += rankRows(pair, NAMES)[1] === 2 ? 1 : 0;
      const { p, difference } = bootstrapDifference(discordances(...pair, NAMES) ?? [], { random, resamples: 500 });
      foundByBootstrap += p <= 0.05 && difference > 0 ? 1 : 0;
    }
    expect(foundByRank / trials).toBeGreaterThanOrEqual(0.9);
    expect(foundByBootstrap / trials).toBeGreaterThanOrEqual(0.9);
  });

  it('the minimum detectable difference is what four pairs in five find', () => {
    const [a, b] = [simulate(random, 0.55), simulate(random, 0.55)];
    const smallest = minimumDetectableDifference(discordances(a, b, NAMES) ?? []) ?? Number.NaN;
    expect(smallest).toBeGreaterThan(0.01);
    expect(smallest).toBeLessThan(0.03);
    const trials = 400;
    let found = 0;
    for (let trial = 0; trial < trials; trial += 1)
      if (isSignificantlyBetter(simulate(random, 0.55 + smallest), simulate(random, 0.55), NAMES)) found += 1;
    expect(Math.abs(found / trials - 0.8)).toBeLessThan(0.06);
  });

  it('200 rows are ranked within a request’s patience', () => {
    const rows = Array.from({ length: 200 }, (_, index) => simulate(random, 0.5 + index / 4000));
    const started = performance.now();
    const ranks = rankRows(rows, NAMES);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(ranks[0]).toBeGreaterThan(ranks[199] ?? Number.NaN);
    expect(ranks[199]).toBe(1);
  });
});

it('outcomes of any length survive packing into words', () => {
  fc.assert(
    fc.property(answersArbitrary, (answers) => {
      const rows = [new Map([['x', pack(answers)]]), new Map([['x', pack(answers.map(() => false))]])];
      const [rank] = rankRows(rows, ['x']);
      expect(rank).toBe(1);
    }),
  );
});
