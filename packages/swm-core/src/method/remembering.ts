import type { Quantity } from '../engine/engine.js';
import { meanOf } from '../measure/cosine.js';
import { type LayerPlan, planJson } from '../plan/index.js';
import type { Measurer } from './search.js';

/** What plans of one model measured on one calibration and one engine, sample by sample. Whoever keeps it knows which. */
export interface MeasurementMemory {
  recall(plan: LayerPlan, quantity: Quantity): Promise<readonly number[] | undefined>;
  keep(plan: LayerPlan, quantity: Quantity, perSample: readonly number[]): Promise<void>;
}

/** A memory that ends with the process. */
export function createMemory(): MeasurementMemory {
  const known = new Map<string, readonly number[]>();
  const keyOf = (plan: LayerPlan, quantity: Quantity) => `${quantity} ${planJson(plan)}`;
  return {
    recall: async (plan, quantity) => known.get(keyOf(plan, quantity)),
    keep: async (plan, quantity, perSample) => void known.set(keyOf(plan, quantity), perSample),
  };
}

/**
 * A measurer that measures no plan twice: one memory serves every threshold of a sweep, and every search of another method that
 * happens to try the same plan. What is remembered costs no layer forwards and is logged as such.
 */
export function remembering(measurer: Measurer, memory: MeasurementMemory): Measurer {
  return {
    measure: async (plan, quantity) => {
      const known = await memory.recall(plan, quantity);
      if (known) return { perSample: known, mean: meanOf(known), layerForwards: 0, isRemembered: true };
      const measurement = await measurer.measure(plan, quantity);
      await memory.keep(plan, quantity, measurement.perSample);
      return measurement;
    },
    layerStatistics: () => measurer.layerStatistics(),
    blockGradients: () => measurer.blockGradients(),
  };
}
