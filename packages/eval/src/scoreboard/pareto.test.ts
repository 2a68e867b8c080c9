import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CostAndQuality, interpolateCurve, paretoFront } from './index.js';

describe('paretoFront', () => {
  it.each<[string, readonly CostAndQuality[], readonly number[]]>([
    ['nothing', [], []],
    [
      'a better and dearer one beside a worse and cheaper one',
      [
        { cost: 2, quality: 0.6 },
        { cost: 1, quality: 0.5 },
      ],
      [1, 0],
    ],
    [
      'what another beats in both is out',
      [
        { cost: 2, quality: 0.4 },
        { cost: 1, quality: 0.5 },
      ],
      [1],
    ],
    [
      'what is equally good and dearer is out',
      [
        { cost: 2, quality: 0.5 },
        { cost: 1, quality: 0.5 },
      ],
      [1],
    ],
    [
      'equal points stay together',
      [
        { cost: 1, quality: 0.5 },
        { cost: 1, quality: 0.5 },
      ],
      [0, 1],
    ],
    [
      'missing is not cheap',
      [
        { cost: null, quality: 0.9 },
        { cost: 1, quality: null },
        { cost: 3, quality: 0.1 },
      ],
      [2],
    ],
    [
      'NaN is nowhere',
      [
        { cost: Number.NaN, quality: 0.9 },
        { cost: 1, quality: Number.NaN },
      ],
      [],
    ],
  ])('%s', (_, points, expected) => {
    expect(paretoFront(points)).toEqual(expected);
  });

  it('holds exactly the points that no other beats', () => {
    const point = fc.record({ cost: fc.nat(6), quality: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 20 }), (points) => {
        const isBeaten = (a: { cost: number; quality: number }) =>
          points.some((b) => b.cost <= a.cost && b.quality >= a.quality && (b.cost < a.cost || b.quality > a.quality));
        const expected = points.flatMap((a, index) => (isBeaten(a) ? [] : [index]));
        expect(paretoFront(points).toSorted((a, b) => a - b)).toEqual(expected);
      }),
    );
  });
});

describe('interpolateCurve', () => {
  const line = [1, 3, 7].map((cost) => ({ cost, value: 2 * cost + 1, stderr: cost / 10 }));

  it('is exact on a straight line and at measured points', () => {
    expect(interpolateCurve(line, 5)).toEqual({ value: 11, stderr: 0.5, interpolationError: 0 });
    expect(interpolateCurve(line, 3)).toEqual({ value: 7, stderr: 0.3, interpolationError: 0 });
  });

  it('knows how far a parabola is from its chord', () => {
    const parabola = [0, 2, 4, 6].map((cost) => ({ cost, value: cost ** 2, stderr: 0 }));
    // Between 2 and 4 the chord is at 10, the curve at 9.
    expect(interpolateCurve(parabola.toReversed(), 3)).toEqual({ value: 10, stderr: 0, interpolationError: 1 });
  });

  it('extrapolates nothing, and does not know its error from two points', () => {
    expect(interpolateCurve(line, 0.9)).toBeNull();
    expect(interpolateCurve(line, 7.1)).toBeNull();
    expect(interpolateCurve([], 1)).toBeNull();
    expect(interpolateCurve(line.slice(0, 2), 2)?.interpolationError).toBeNull();
  });

  it('takes the mean of rows of equal cost, and leaves out what is not finite', () => {
    const points = [...line, { cost: 3, value: 9, stderr: 0.5 }, { cost: 5, value: Number.NaN, stderr: 0 }];
    expect(interpolateCurve(points, 3)).toEqual({ value: 8, stderr: 0.4, interpolationError: 0 });
    expect(interpolateCurve(points, 5)?.value).toBe(11.5);
  });
});
