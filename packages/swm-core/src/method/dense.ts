import { identityPlan } from '../plan/index.js';
import { defineMethod, opaque } from './definition.js';
import type { Method } from './method.js';

/** The model as it is: the identity plan, found without a measurement. Every comparison needs its row. */
export function dense(): Method<{ readonly depth: number }> {
  return {
    name: 'dense',
    start: (depth) => ({ depth }),
    ask: () => ({ kind: 'done' }),
    next: (state) => state,
    finish: ({ depth }) => identityPlan(depth),
    accepted: () => null,
    threshold: () => null,
  };
}

export const denseMethod = defineMethod({
  name: 'dense',
  title: 'Dense',
  summary: 'The model as it is; what every other row is compared with.',
  reference: '—',
  target: 'none',
  options: {},
  create: () => opaque(dense()),
});
