import { identityPlan } from '../plan/index.js';
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
