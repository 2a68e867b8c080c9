import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isSignificantlyBetter,
  meanInterval,
  meanScore,
  type Outcomes,
  pairedDifference,
  rankRows,
  retainedRatio,
  summarizeLatency,
  wilsonInterval,
} from './index.js';

const outcomes = (...tasks: readonly string[]): Outcomes =>
  new Map(
    tasks.map((bits, index) => {
      const bytes = new Uint8Array(Math.ceil(bits.length / 8));
      [...bits].forEach((bit, at) => {
        if (bit === '1') bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
      });
      return [`task${index}`, { n: bits.length, bits: bytes }];
    }),
  );

describe('means and intervals', () => {
  // Wilson 1927 by hand: 8 of 10.
  it('gives Wilson’s interval', () => {
    const { low, high } = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.4902, 4);
    expect(high).toBeCloseTo(0.9433, 4);
    expect(wilsonInterval(0, 5).low).toBe(0);
  });

  it('averages all tasks or none', () => {
    const scores = [
      { task: 'a', value: 0.5, stderr: 0.03 },
      { task: 'b', value: 0.7, stderr: 0.04 },
    ];
    expect(meanScore(scores, ['a', 'b'])).toEqual({ mean: 0.6, stderr: 0.025 });
    expect(meanScore(scores, ['a', 'b', 'c'])).toBeNull();
    expect(meanScore([], [])).toBeNull();
  });

  it.each([Number.NaN, 1.2, -0.1, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => meanScore([{ task: 'a', value, stderr: 0.1 }], ['a'])).toThrow(
      expect.objectContaining({ code: 'SCORE.INVALID' }),
    );
  });

  it('keeps intervals inside [0, 1]', () => {
    expect(meanInterval(0.99, 0.1).high).toBe(1);
    expect(meanInterval(0.01, 0.1).low).toBe(0);
  });
});

describe('retention', () => {
  it.each([
    [0.45, 0.6, 0.75],
    [0.6, 0.6, 1],
    [null, 0.6, null],
    [0.45, null, null],
    [0.45, 0, null],
    [Number.NaN, 0.6, null],
  ])('%d of %d', (mean, dense, expected) => {
    const kept = retainedRatio(mean, dense);
    if (expected === null) expect(kept).toBeNull();
    else expect(kept).toBeCloseTo(expected, 12);
  });
});

describe('paired comparison', () => {
  // Written out question by question, in exact fractions and another language, half a question added to each cell.
  it('sums independent strata', () => {
    const a = outcomes('1111000000', '1010101010', '1111111111');
    const b = outcomes('1100000000', '1010101011', '0000000000');
    const paired = pairedDifference(a, b, ['task0', 'task1', 'task2']);
    expect(paired?.difference).toBeCloseTo(0.36666666666666664, 12);
    expect(paired?.stderr).toBeCloseTo(0.08193267335418125, 12);
  });

  it('counts the questions that differ', () => {
    // 3 only left, 1 only right of 8: d = 2/8; with a half more in each cell share 5/10, difference 2/10.
    const paired = pairedDifference(outcomes('11110000'), outcomes('10001000'), ['task0']);
    expect(paired?.difference).toBeCloseTo(0.25, 12);
    expect(paired?.stderr).toBeCloseTo(Math.sqrt((0.5 - 0.04) / 8), 12);
  });

  it('never tells equal rows apart, and gives a reversed pair the reversed sign', () => {
    const bits = fc.array(fc.constantFrom('0', '1'), { minLength: 20, maxLength: 20 }).map((list) => list.join(''));
    fc.assert(
      fc.property(bits, bits, (a, b) => {
        expect(isSignificantlyBetter(outcomes(a), outcomes(a), ['task0'])).toBe(false);
        const forward = pairedDifference(outcomes(a), outcomes(b), ['task0']);
        const backward = pairedDifference(outcomes(b), outcomes(a), ['task0']);
        expect(forward?.difference).toBeCloseTo(-(backward?.difference ?? Number.NaN), 12);
        expect(forward?.stderr).toBeCloseTo(backward?.stderr ?? Number.NaN, 12);
      }),
    );
  });

  it('is silent about rows with different questions', () => {
    expect(pairedDifference(outcomes('101'), outcomes('1010'), ['task0'])).toBeNull();
    expect(pairedDifference(outcomes('101'), outcomes('101'), ['task0', 'task1'])).toBeNull();
  });

  it('shares ranks where rows cannot be told apart', () => {
    const good = outcomes('1'.repeat(40));
    const same = outcomes(`${'1'.repeat(39)}0`);
    const bad = outcomes('0'.repeat(40));
    expect(rankRows([bad, same, good], ['task0'])).toEqual([3, 1, 1]);
  });
});

describe('latency', () => {
  it('summarises raw samples', () => {
    expect(summarizeLatency([100, 200, 300], 10)).toEqual({
      latencyMsMean: 200,
      latencyMsSd: Math.sqrt(20_000 / 3),
      latencyMsP50: 200,
      latencyMsP95: 290,
      tokensPerSecond: (100 + 50 + 100 / 3) / 3,
    });
    expect(summarizeLatency([], 10)).toBeNull();
    expect(summarizeLatency([Number.NaN], 10)).toBeNull();
  });
});
