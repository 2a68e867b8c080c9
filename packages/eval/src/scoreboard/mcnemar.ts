import { binomialUpperTail } from './binomial.js';

/**
 * Two-sided p of McNemar's exact test (1947): of the questions that one of two rows alone answered rightly, each is equally likely to be
 * either's. 1 without such a question. Exact, not mid-p.
 */
export const mcnemarP = (onlyA: number, onlyB: number): number =>
  Math.min(1, 2 * binomialUpperTail(Math.max(onlyA, onlyB), onlyA + onlyB, 0.5));
