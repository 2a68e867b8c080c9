import { defineMethod, opaque } from './definition.js';
import { dropLayers, leastImportantFirst } from './drop-layers.js';
import type { Method } from './method.js';

export interface ShortGptState {
  readonly depth: number;
  readonly blockInfluence: readonly number[] | null;
}

/**
 * ShortGPT (arXiv 2403.03853): drop the layers of lowest block influence, 1 - mean over tokens of cos(input, output),
 * measured once on the dense model, hooked before the final norm. No layer is protected; ties drop the lower layer first.
 */
export function shortGpt(options: { readonly targetLayers: number }): Method<ShortGptState> {
  return {
    name: 'short-gpt',
    start: (depth) => ({ depth, blockInfluence: null }),
    ask: (state) => (state.blockInfluence ? { kind: 'done' } : { kind: 'statistics' }),
    next: (state, answer) => {
      if (answer.kind !== 'statistics') throw new TypeError(`expected statistics, got ${answer.kind}`);
      return { ...state, blockInfluence: answer.statistics.blockInfluence };
    },
    finish: ({ depth, blockInfluence }) =>
      dropLayers(depth, leastImportantFirst(blockInfluence ?? []).slice(0, depth - options.targetLayers)),
    accepted: () => null,
    threshold: () => null,
  };
}

export const shortGptMethod = defineMethod({
  name: 'short-gpt',
  title: 'ShortGPT',
  summary: 'Drops the layers that change their input least (block influence), measured once on the dense model.',
  reference: 'arXiv 2403.03853',
  target: 'layers',
  options: {},
  create: (_, targetLayers) => opaque(shortGpt({ targetLayers })),
});
