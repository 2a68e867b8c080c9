import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '../errors.js';
import { formatPlan, outputDepth, removedLayers } from '../plan/index.js';
import type { ThresholdInterval } from './method.js';
import type { MethodRequest } from './registry.js';
import { anyMeasure, searchToy, type ToyModel } from './toy-model.js';

/** Cheap to find, dear to lose: similarities fall with every layer that goes, as in real models, and by less for middle ones. */
const realistic =
  (seed: number, depth: number): ToyModel['measure'] =>
  (plan) => {
    const noise = anyMeasure(seed);
    const lost = removedLayers(plan).reduce(
      (sum, layer) => sum + 0.5 / depth + (1.2 * Math.abs(layer - depth / 2)) / depth ** 2,
      0,
    );
    return Math.exp(-2.2 * lost) * (1 - 0.02 * Math.abs(noise(plan)));
  };

const methods = [
  { name: 'swm', profile: 'repaired' },
  { name: 'swm', profile: 'released' },
  { name: 'laco', span: 3, interval: 1, lowest: 0 },
] as const;
type ByThreshold = (typeof methods)[number];
const requestOf = (method: ByThreshold, more: object): MethodRequest => ({ ...method, ...more }) as MethodRequest; // a threshold or a target

const middleOf = ({ low, high }: ThresholdInterval) => (low + high) / 2;

describe('the thresholds that find a plan', () => {
  it('are an interval: everywhere in it the same candidates and plan, at its ends other decisions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...methods),
        fc.integer({ min: 4, max: 16 }),
        fc.integer(),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        async (method, depth, seed, threshold, part) => {
          const toy = { depth, measure: realistic(seed, depth) };
          const found = await searchToy(requestOf(method, { threshold }), toy);
          const { low, high } = found.thresholdInterval ?? { low: Number.NaN, high: Number.NaN };
          expect(low <= threshold && threshold < high).toBe(true);
          const inside = await searchToy(requestOf(method, { threshold: low + part * (high - low) }), toy);
          expect(inside.candidates).toEqual(found.candidates);
          expect(inside.plan).toEqual(found.plan);
          const decisions = ({ candidates }: typeof found) => candidates.map(({ plan, accepted }) => [plan, accepted]);
          for (const beyond of [low - 1e-9, high + 1e-9].filter((value) => value > -1 && value <= 1)) {
            const other = await searchToy(requestOf(method, { threshold: beyond }), toy);
            if (beyond > low ? high < 1 : low > -1) expect(decisions(other)).not.toEqual(decisions(found));
          }
        },
      ),
    );
  });
});

describe('a search to a number of layers', () => {
  it('meets every target or names both neighbours, which a search inside their thresholds gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...methods),
        fc.integer({ min: 4, max: 14 }),
        fc.integer(),
        fc.nat(),
        async (method, depth, seed, pick) => {
          const toy = { depth, measure: realistic(seed, depth) };
          const targetLayers = 1 + (pick % depth);
          const found = await searchToy(requestOf(method, { targetLayers }), toy).catch((error: unknown) => error);
          if (!isCodedError(found)) {
            const { plan, thresholdInterval, text } = found as Awaited<ReturnType<typeof searchToy>>; // not an error, then
            expect(outputDepth(plan)).toBe(targetLayers);
            if (targetLayers === depth) return;
            const inside = await searchToy(
              requestOf(method, { threshold: thresholdInterval ? middleOf(thresholdInterval) : 1 }),
              toy,
            );
            expect(inside.text).toBe(text);
            return;
          }
          expect(found.code).toBe('METHOD.TARGET_UNREACHABLE');
          const { below, above } = found.details as Record<
            'below' | 'above',
            { layers: number; low: number; high: number; plan: string } | null
          >; // as depth-search writes them
          expect(above === null || above.layers > targetLayers).toBe(true);
          expect(below === null || below.layers < targetLayers).toBe(true);
          expect(above).not.toBeNull();
          for (const neighbour of [below, above]) {
            if (!neighbour || neighbour.layers === depth) continue;
            const again = await searchToy(requestOf(method, { threshold: middleOf(neighbour) }), toy);
            expect([again.text, outputDepth(again.plan)]).toEqual([neighbour.plan, neighbour.layers]);
          }
        },
      ),
    );
  });

  it('finds a depth that only thresholds out of order give', async () => {
    // 4 layers at .6, 3 at .7, 5 above .8: a bisection that trusted the order would never see 4.
    const similarity: Readonly<Record<string, number>> = {
      '0-1 [2-3] 4': 0.8,
      '0 [1-3] 4': 0.7,
      '[0-3] 4': 0.1,
      '[0-1] [2-3] 4': 0.75,
    };
    const toy = {
      depth: 5,
      measure: (plan: Parameters<ToyModel['measure']>[0]) => similarity[formatPlan(plan)] ?? 0.05,
    };
    const depths = new Map<number, number>();
    for (const threshold of [0.05, 0.5, 0.72, 0.78, 0.9])
      depths.set(threshold, outputDepth((await searchToy(requestOf(methods[0], { threshold }), toy)).plan));
    for (const layers of new Set(depths.values())) {
      const { plan } = await searchToy(requestOf(methods[0], { targetLayers: layers }), toy);
      expect(outputDepth(plan)).toBe(layers);
    }
  });

  it('resumes from any cursor to the same plan and interval, and measures no plan twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: 12 }),
        fc.integer(),
        fc.nat(),
        fc.nat(),
        async (depth, seed, pick, at) => {
          const toy = { depth, measure: realistic(seed, depth) };
          const request = requestOf(methods[0], { targetLayers: 1 + (pick % (depth - 1)) });
          const whole = await searchToy(request, toy).catch(() => undefined);
          if (!whole || whole.cursors.length === 0) return;
          const stop = at % whole.cursors.length;
          const rest = await searchToy(request, toy, whole.cursors[stop]);
          expect([...whole.candidates.slice(0, stop + 1), ...rest.candidates]).toEqual(whole.candidates);
          expect([rest.plan, rest.thresholdInterval]).toEqual([whole.plan, whole.thresholdInterval]);
          const measured = whole.candidates.filter(({ cached }) => !cached).map(({ plan }) => plan);
          expect(new Set(measured).size).toBe(measured.length);
        },
      ),
    );
  });
});
