import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LayerPath, PrefixCache } from './prefix-cache.js';

const DEPTH = 8;
const STATE_BYTES = 100;

/** A state that knows which layers led to it, and whether it still lives. */
class Trail {
  isAlive = true;
  constructor(
    readonly layers: LayerPath,
    private readonly living: Set<Trail>,
  ) {
    living.add(this);
  }
  dispose(): void {
    expect(this.isAlive).toBe(true);
    this.isAlive = false;
    this.living.delete(this);
  }
}

/** Walks `path` the way a session does and returns how many layers had to be computed. */
function walk(cache: PrefixCache<Trail>, path: LayerPath, living: Set<Trail>): number {
  const start = cache.begin(path);
  const from = start?.boundary ?? 0;
  if (start) {
    expect(start.state.isAlive).toBe(true);
    expect(start.state.layers).toEqual(path.slice(0, from));
  }
  const states = new Map<number, Trail>();
  for (let boundary = start ? from + 1 : 0; boundary <= path.length; boundary += 1) {
    if (cache.keeps(boundary) || boundary === path.length)
      states.set(boundary, new Trail(path.slice(0, boundary), living));
  }
  cache.store(path, states);
  return path.length - from;
}

const dense = Array.from({ length: DEPTH }, (_, layer) => `${layer}`);
const anyPath = fc
  .subarray(dense, { minLength: 1 })
  .chain((path) => fc.integer({ min: 0, max: path.length - 1 }).map((at) => path.with(at, `${path[at]}'`)));

describe('PrefixCache', () => {
  it('gives only living states of the very path asked for, stays within its budget and frees everything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyPath, fc.constant(dense)), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 3000 }),
        (walks, budget) => {
          const living = new Set<Trail>();
          const cache = new PrefixCache<Trail>(DEPTH, STATE_BYTES, budget);
          for (const path of walks) {
            walk(cache, path, living);
            // Never less than two states a walk, and one end of an earlier walk that this one continues.
            expect(living.size).toBeLessThanOrEqual(Math.max(4, budget / STATE_BYTES) + 1);
          }
          cache.dispose();
          expect(living.size).toBe(0);
        },
      ),
    );
  });

  it('computes only what follows the longest prefix that any walk before has shared', () => {
    const cache = new PrefixCache<Trail>(DEPTH, STATE_BYTES, 1e6);
    const living = new Set<Trail>();
    const check = (path: LayerPath, expected: number) => expect(walk(cache, path, living)).toBe(expected);
    check(dense, 8);
    check(['0', '1', '2', '3', "4'", '7'], 2); // shares four layers with the dense model
    check(['0', '1', '2', '3', "4'", '6', '7'], 2); // five with the walk before
    check(['0', "1'", '7'], 2);
    check(['0', '1', '2', '3', "4'", '6', '6', '7'], 2); // six with the walk before the last
    check(dense, 0);
  });

  it('lets go what was walked longest ago, of one walk the deepest first', () => {
    const cache = new PrefixCache<Trail>(3, STATE_BYTES, 8 * STATE_BYTES);
    const living = new Set<Trail>();
    expect(walk(cache, ['a', 'b', 'c'], living)).toBe(3); // boundaries 0 to 3
    expect(walk(cache, ['x', 'y', 'z'], living)).toBe(3); // three more share boundary 0
    expect(walk(cache, ['x', 'y', 'w'], living)).toBe(1); // the eighth
    expect(walk(cache, ['x', 'v', 'w'], living)).toBe(2); // two of the first walk must go: the deepest
    expect(walk(cache, ['a', 'b'], living)).toBe(1); // for it the deepest of the second walk goes
    expect(walk(cache, ['x', 'y', 'w'], living)).toBe(0);
    expect(walk(cache, ['x', 'y', 'z'], living)).toBe(1);
  });

  it('with room for less than two walks recomputes from the last boundary kept', () => {
    const cache = new PrefixCache<Trail>(DEPTH, STATE_BYTES, 6 * STATE_BYTES); // three a walk: 0, 4 and the end
    const living = new Set<Trail>();
    expect(walk(cache, dense, living)).toBe(8);
    expect(walk(cache, ['0', '1', '2', '3', '4', '5', "6'"], living)).toBe(3);
  });
});
