import { describe, expect, it } from 'vitest';
import {
  deltaFigure,
  deltaLimit,
  intervalFigure,
  intervalScale,
  samplesFigure,
  stripCells,
  ticks,
  traceFigure,
} from './figures';

const candidate = (index: number, similarity: number, extra = {}) => ({
  index,
  first: 3,
  last: 5,
  plan: '0-2 [3-5] 6',
  quantity: 'COSINE' as const,
  similarity,
  accepted: true,
  layerForwards: 4,
  cached: false,
  ...extra,
});

describe('figures', () => {
  it('puts one point a candidate, in order, higher where more alike', () => {
    const figure = traceFigure(
      [candidate(0, 0.95), candidate(1, 0.8, { accepted: false }), candidate(2, 0.9, { cached: true })],
      0.85,
      7,
    );
    expect(figure.points.map(({ verdict, isCached }) => [verdict, isCached])).toEqual([
      ['accepted', false],
      ['refused', false],
      ['accepted', true],
    ]);
    expect(figure.points[0]?.y).toBeLessThan(figure.points[1]?.y ?? 0);
    expect(figure.thresholdY).toBeGreaterThan(figure.points[0]?.y ?? 0);
    expect(figure.thresholdY).toBeLessThan(figure.points[1]?.y ?? 0);
    expect(figure.summary).toBe('3 candidates: 2 accepted, 1 refused, 1 of them known already; threshold 0.850.');
  });

  it('draws nothing wrong for nothing', () => {
    expect(traceFigure([], null, 30)).toMatchObject({ points: [], path: '', thresholdY: null, xTicks: [] });
  });

  it('shows a window where its layers are, the first layer lowest', () => {
    const { points, windows } = traceFigure([candidate(0, 0.9, { first: 0, last: 6 })], null, 7);
    expect(points[0]?.window).toEqual({ top: windows.top, bottom: windows.bottom });
    expect(points[0]?.title).toBe('Candidate 1: layers 0–6, similarity 0.9000, accepted, 4 layer forwards');
  });

  it('says of a method without a threshold that it measured', () => {
    expect(traceFigure([candidate(0, 0.9, { accepted: null })], null, 7).summary).toBe('1 candidate: 1 measured.');
  });

  it('draws perplexities by their logarithm and calls them so', () => {
    const losses = [10, 100, 1000].map((value, index) => candidate(index, value, { quantity: 'PERPLEXITY' as const }));
    const { points, quantity, yTicks } = traceFigure(losses, null, 7);
    const [a = 0, b = 0, c = 0] = points.map(({ y }) => y);
    expect(a - b).toBeCloseTo(b - c, 6);
    expect(quantity).toBe('perplexity');
    expect(points[0]?.title).toContain('perplexity 10.0000');
    expect(yTicks.every(({ label, y }) => Number(label) > 0 && Number.isFinite(y))).toBe(true);
  });

  it('puts differences left and right of the middle, errors within the scale', () => {
    const limit = deltaLimit([{ deltaToDense: -0.15, deltaToDenseStderr: 0.05 }, { deltaToDense: null }]);
    expect(limit).toBeCloseTo(0.2);
    const { left, width, whisker } = deltaFigure(-0.15, 0.05, limit);
    expect([left, width, whisker?.left, whisker?.right].map((value) => Math.round(value ?? -1))).toEqual([
      13, 38, 0, 25,
    ]);
    expect(deltaFigure(0.1, null, 0.2)).toEqual({ left: 50, width: 25, whisker: null });
  });

  it('places raw samples between their extremes', () => {
    const { marks, ...line } = samplesFigure([10, 20, 30]);
    expect(line).toEqual({ low: 10, high: 30, mean: 50 });
    expect(marks.map(({ run, at }) => [run, at])).toEqual([
      [1, 4],
      [2, 50],
      [3, 96],
    ]);
    expect(samplesFigure([10]).marks).toEqual([{ run: 1, ms: 10, at: 50 }]);
  });

  it('has one cell a layer', () => {
    const cells = stripCells([
      { kind: 'KEEP', first: 0, last: 1 },
      { kind: 'MERGE', first: 2, last: 4 },
      { kind: 'DROP', first: 5, last: 5 },
    ]);
    expect(cells.map(({ state }) => state)).toEqual(['kept', 'kept', 'absorbed', 'absorbed', 'merged', 'dropped']);
  });

  it('places intervals on a shared scale', () => {
    const scale = intervalScale([{ low: 0.4, high: 0.6 }]);
    const { left, width, mean } = intervalFigure({ low: 0.4, mean: 0.5, high: 0.6 }, scale);
    expect(mean).toBeCloseTo(50);
    expect(left).toBeGreaterThan(0);
    expect(left + width).toBeLessThan(100);
  });

  it('ticks at round numbers', () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(3, 3, 5)).toEqual([3]);
  });
});
