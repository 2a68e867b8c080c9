import { defineMethod, opaque } from './definition.js';
import { dropLayers, leastImportantFirst } from './drop-layers.js';
import { type Method, measuredValue } from './method.js';
import { tooFewLayers } from './method-errors.js';

export interface SlebState {
  readonly depth: number;
  /** Layers removed for good, in order. */
  readonly removed: readonly number[];
  /** Mean next-token losses of this round's candidates so far, from the top layer down. */
  readonly losses: readonly number[];
}

/** The layers a round may remove: alive, but neither the first nor the last alive one. Descending. */
function candidatesOf({ depth, removed }: SlebState): readonly number[] {
  const gone = new Set(removed);
  const alive = Array.from({ length: depth }, (_, layer) => layer).filter((layer) => !gone.has(layer));
  return alive.slice(1, -1).reverse();
}

/** Closes a complete round: the layer whose removal costs least goes, the lower one on a tie. */
function settle(state: SlebState): SlebState {
  const candidates = candidatesOf(state).toReversed();
  if (state.losses.length < candidates.length) return state;
  const [position = 0] = leastImportantFirst(state.losses.toReversed());
  const removed = candidates[position];
  if (removed === undefined) throw new RangeError('SLEB: a round without candidates');
  return { ...state, removed: [...state.removed, removed], losses: [] };
}

/**
 * SLEB (arXiv 2402.09025): n times over, remove the layer without which the current model's next-token loss is lowest. The first and the
 * last layer alive stay. About n·L measurements; a round goes from the top down, so that candidates share their prefixes.
 */
export function sleb(options: { readonly targetLayers: number }): Method<SlebState> {
  const isDone = ({ depth, removed }: SlebState) => depth - removed.length <= options.targetLayers;
  return {
    name: 'sleb',
    start: (depth) => ({ depth, removed: [], losses: [] }),
    ask: (state) => {
      const layer = candidatesOf(state)[state.losses.length];
      if (isDone(state) || layer === undefined) return { kind: 'done' };
      return {
        kind: 'measure',
        plan: dropLayers(state.depth, [...state.removed, layer]),
        quantity: 'nll',
        window: { first: layer, last: layer },
      };
    },
    next: (state, answer) => settle({ ...state, losses: [...state.losses, measuredValue(answer)] }),
    finish: ({ depth, removed }) => dropLayers(depth, removed),
    accepted: () => null,
    threshold: () => null,
  };
}

export const slebMethod = defineMethod({
  name: 'sleb',
  title: 'SLEB',
  summary: 'Removes layers one by one, each time the one the current model misses least by next-token loss.',
  reference: 'arXiv 2402.09025',
  target: 'layers',
  options: {},
  check: (_, { depth, targetLayers }) => {
    const least = Math.min(2, depth);
    if (targetLayers < least)
      throw tooFewLayers(targetLayers, least, 'SLEB never removes the first and the last layer');
  },
  evaluations: (_, { depth, targetLayers }) => {
    const rounds = depth - targetLayers;
    return (rounds * (2 * depth - 3 - rounds)) / 2; // round k has depth - 2 - k candidates
  },
  create: (_, targetLayers) => opaque(sleb({ targetLayers })),
});
