import { formatPlan, type LayerPlan, outputDepth } from '../plan/index.js';
import type { Candidate } from './method.js';
import { createMethod, type MethodRequest } from './registry.js';
import { runSearch, type SearchCursor, type SearchResult } from './search.js';

/** A model known by what its plans measure: for tests of the methods, whose inputs those numbers are. */
export interface ToyModel {
  readonly depth: number;
  /** Cosine, or mean next-token loss, of a plan. */
  measure(plan: LayerPlan): number;
  readonly blockInfluence?: readonly number[];
  readonly angularDistance?: readonly (readonly number[])[];
  readonly magnitudes?: readonly number[];
  readonly gradients?: readonly number[];
}

/** Whatever a model may measure: a number in [-1, 1) drawn by a hash of the plan and a seed. */
export function anyMeasure(seed: number): ToyModel['measure'] {
  return (plan) => {
    let hash = seed | 1;
    for (const character of formatPlan(plan)) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    return ((hash >>> 0) / 2 ** 32) * 2 - 1;
  };
}

/** Runs a search on a toy model; keeps every candidate, and the cursor behind it as the database would give it back. */
export async function searchToy(
  request: MethodRequest,
  toy: ToyModel,
  cursor?: SearchCursor,
): Promise<SearchResult & { text: string; candidates: Candidate[]; cursors: SearchCursor[] }> {
  const { depth, blockInfluence = [], angularDistance = [], magnitudes = [], gradients = [] } = toy;
  const candidates: Candidate[] = [];
  const cursors: SearchCursor[] = [];
  const result = await runSearch({
    method: createMethod(request),
    depth,
    open: async () => ({
      measure: async (plan) => {
        const mean = toy.measure(plan);
        return { perSample: [mean], mean, layerForwards: outputDepth(plan) };
      },
      layerStatistics: async () => ({ blockInfluence, angularDistance, layerForwards: depth }),
      blockGradients: async () => ({ scores: gradients, layerForwards: 2 * depth }),
    }),
    magnitudes: async () => magnitudes,
    cursor,
    onCandidate: async (candidate, after) => {
      candidates.push(candidate);
      cursors.push(JSON.parse(JSON.stringify(after)));
    },
  });
  return { ...result, text: formatPlan(result.plan), candidates, cursors };
}
