import { seededRandom } from '../seeded-random.js';
import { defineMethod, opaque } from './definition.js';
import { dropLayers } from './drop-layers.js';
import type { Method } from './method.js';
import { wholeNumber } from './method-option.js';
import { removableLayers } from './protected-blocks.js';

/** A whole number below `bound`, unbiased: draws past the last whole multiple are thrown away. */
function below(bound: number, next: () => number): number {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const drawn = next();
    if (drawn < limit) return drawn % bound;
  }
}

/** A uniform subset of `count` of `layers` (the first steps of a Fisher–Yates shuffle), ascending. */
export function randomSubset(layers: readonly number[], count: number, seed: number): readonly number[] {
  const next = seededRandom(seed);
  const rest = [...layers];
  const chosen: number[] = [];
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(below(rest.length, next), 1));
  return chosen.sort((a, b) => a - b);
}

/**
 * Drops layers by lot: uniform among 4 … L-3, or among all where those are too few to reach the target. One seed is one
 * draw; several seeds say what chance alone is worth (methods.md 5.9).
 */
export function random(options: {
  readonly targetLayers: number;
  readonly seed: number;
}): Method<{ readonly depth: number }> {
  const { targetLayers, seed } = options;
  return {
    name: 'random',
    start: (depth) => ({ depth }),
    ask: () => ({ kind: 'done' }),
    next: (state) => state,
    finish: ({ depth }) => {
      const count = depth - targetLayers;
      const inner = removableLayers(depth, true);
      return dropLayers(
        depth,
        randomSubset(count <= inner.length ? inner : removableLayers(depth, false), count, seed),
      );
    },
    accepted: () => null,
    threshold: () => null,
  };
}

export const randomMethod = defineMethod({
  name: 'random',
  title: 'Random',
  summary: 'Drops layers by lot, sparing the first four and last two where it can: what chance alone is worth.',
  reference: '—',
  target: 'layers',
  options: {
    seed: wholeNumber({ min: 0, max: 2 ** 31 - 1, default: 0, description: 'Seed of the draw; launch several.' }),
  },
  create: ({ seed }, targetLayers) => opaque(random({ targetLayers, seed })),
});
