import { dropLayers, leastImportantFirst } from './drop-layers.js';
import type { Method } from './method.js';
import { removableLayers } from './protected-blocks.js';

export interface DropLowestState {
  readonly depth: number;
  /** Layers by ascending score; null before it is known. */
  readonly order: readonly number[] | null;
}

/**
 * Shortened-LLM's one-shot removal by a score that one question gives for all blocks (arXiv 2402.02834): drops the layers of lowest
 * score, ties the lower layer first. Asks nothing where nothing is to be removed.
 */
export function dropLowest(options: {
  readonly name: string;
  readonly question: 'magnitudes' | 'gradients';
  readonly targetLayers: number;
  readonly protect: boolean;
}): Method<DropLowestState> {
  const { name, question, targetLayers, protect } = options;
  return {
    name,
    start: (depth) => ({ depth, order: null }),
    ask: ({ depth, order }) => (order || targetLayers === depth ? { kind: 'done' } : { kind: question }),
    next: (state, answer) => {
      if (answer.kind !== 'magnitudes' && answer.kind !== 'gradients')
        throw new TypeError(`expected ${question}, got ${answer.kind}`);
      return { ...state, order: leastImportantFirst(answer.scores) };
    },
    finish: ({ depth, order }) => {
      const removable = new Set(removableLayers(depth, protect));
      return dropLayers(depth, (order ?? []).filter((layer) => removable.has(layer)).slice(0, depth - targetLayers));
    },
    accepted: () => null,
    threshold: () => null,
  };
}
