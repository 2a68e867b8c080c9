import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatPlan, outputDepth } from '../plan/index.js';
import { createMethod, type MethodRequest } from './registry.js';
import { createMemory, type MeasurementMemory, remembering } from './remembering.js';
import { type Measurer, runSearch } from './search.js';
import { anyMeasure } from './toy-model.js';

async function search(request: MethodRequest, depth: number, seed: number, memory: MeasurementMemory) {
  const measure = anyMeasure(seed);
  const measurer: Measurer = {
    measure: async (plan) => ({ perSample: [measure(plan)], mean: measure(plan), layerForwards: outputDepth(plan) }),
    layerStatistics: () => Promise.reject(new Error('not asked')),
    blockGradients: () => Promise.reject(new Error('not asked')),
  };
  const { plan, cursor } = await runSearch({
    method: createMethod(request),
    depth,
    open: async () => remembering(measurer, memory),
  });
  return { text: formatPlan(plan), cursor };
}

it('a sweep of thresholds with one memory finds what separate searches find, and measures no plan twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 4, max: 14 }), fc.integer(), async (depth, seed) => {
      const together = createMemory();
      const kept: string[] = [];
      const counting: MeasurementMemory = {
        recall: together.recall,
        keep: async (plan, quantity, perSample) => {
          kept.push(formatPlan(plan));
          await together.keep(plan, quantity, perSample);
        },
      };
      const [alone, shared] = [{ layerForwards: 0 }, { layerForwards: 0 }];
      for (const threshold of [0.9, 0.6, 0.3, 0, -0.3]) {
        const request: MethodRequest = { name: 'swm', threshold };
        const separate = await search(request, depth, seed, createMemory());
        const swept = await search(request, depth, seed, counting);
        expect(swept.text).toBe(separate.text);
        expect(swept.cursor.index).toBe(separate.cursor.index);
        alone.layerForwards += separate.cursor.layerForwards;
        shared.layerForwards += swept.cursor.layerForwards;
      }
      expect(new Set(kept).size).toBe(kept.length);
      expect(shared.layerForwards).toBeLessThanOrEqual(alone.layerForwards);
    }),
  );
});
