import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sampledRows } from './sampled-rows.js';

it('takes every row of few, and one of each equal stretch of many', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 300 }), (count, limit) => {
      const rows = sampledRows(count, limit);
      expect(rows).toEqual(sampledRows(count, limit));
      expect(rows.length).toBe(Math.min(count, limit));
      for (const [stretch, row] of rows.entries()) {
        expect(row).toBeGreaterThanOrEqual(Math.floor((stretch * count) / rows.length));
        expect(row).toBeLessThan(Math.floor(((stretch + 1) * count) / rows.length));
      }
    }),
  );
});

it('meets every position of a sample about as often', () => {
  // 32 samples of 128 tokens: every sixteenth row would be of 8 positions alone.
  const positions = new Set(sampledRows(32 * 128).map((row) => row % 128));
  expect(positions.size).toBeGreaterThan(90);
});
