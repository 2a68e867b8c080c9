import { defineMethod, opaque } from './definition.js';
import { dropLayers } from './drop-layers.js';
import type { Method } from './method.js';

export interface UidlState {
  readonly depth: number;
  /** First layer of the block that goes; null before the statistics are known. */
  readonly first: number | null;
}

/** The boundary l whose state lies closest to that `count` layers later; ties go to the lower one. `distance[a][b]`. */
function closestBlock(distance: readonly (readonly number[])[], count: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let first = 0; first + count < distance.length; first += 1) {
    const value = distance[first]?.[first + count] ?? Number.POSITIVE_INFINITY;
    if (value < least) [best, least] = [first, value];
  }
  return best;
}

/**
 * "The Unreasonable Ineffectiveness of the Deeper Layers" (arXiv 2403.17887): drop the contiguous block of n layers l … l+n-1 with the
 * smallest angular distance between its input and its output at the last token, averaged over samples. States are taken before
 * the final norm, so that a block ending at the last layer is judged like any other.
 */
export function uidl(options: { readonly targetLayers: number }): Method<UidlState> {
  return {
    name: 'uidl',
    start: (depth) => ({ depth, first: depth === options.targetLayers ? 0 : null }),
    ask: ({ first }) => (first === null ? { kind: 'statistics' } : { kind: 'done' }),
    next: (state, answer) => {
      if (answer.kind !== 'statistics') throw new TypeError(`expected statistics, got ${answer.kind}`);
      return { ...state, first: closestBlock(answer.statistics.angularDistance, state.depth - options.targetLayers) };
    },
    finish: ({ depth, first }) =>
      dropLayers(
        depth,
        Array.from({ length: depth - options.targetLayers }, (_, offset) => (first ?? 0) + offset),
      ),
    accepted: () => null,
    threshold: () => null,
  };
}

export const uidlMethod = defineMethod({
  name: 'uidl',
  title: 'UIDL',
  summary: 'Drops the contiguous block whose input and output lie closest by angle at the last token.',
  reference: 'arXiv 2403.17887',
  target: 'layers',
  options: {},
  create: (_, targetLayers) => opaque(uidl({ targetLayers })),
});
