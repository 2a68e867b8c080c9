import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonPrefix, type LayerPath, PrefixCache } from './prefix-cache.js';

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
function walk(cache: PrefixCache<Trail>, path: LayerPath, isDense: boolean, living: Set<Trail>): number {
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
  cache.store(path, states, isDense);
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
        fc.array(fc.tuple(anyPath, fc.boolean()), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 3000 }),
        (walks, budget) => {
          const living = new Set<Trail>();
          const cache = new PrefixCache<Trail>(DEPTH, STATE_BYTES, budget);
          for (const [path, isDenseNow] of walks) {
            walk(cache, isDenseNow ? dense : path, isDenseNow, living);
            // Never less than two states a walk, and one end of an earlier walk that this one continues.
            expect(living.size).toBeLessThanOrEqual(Math.max(4, budget / STATE_BYTES) + 1);
          }
          cache.dispose();
          expect(living.size).toBe(0);
        },
      ),
    );
  });

  it('with room for all boundaries computes only what follows the shared prefix', () => {
    const living = new Set<Trail>();
    const cache = new PrefixCache<Trail>(DEPTH, STATE_BYTES, 1e6);
    const check = (path: LayerPath, isDense: boolean, expected: number) =>
      expect(walk(cache, path, isDense, living)).toBe(expected);
    check(dense, true, 8);
    check(['0', '1', '2', '3', "4'", '7'], false, 2); // shares four layers with dense
    check(['0', '1', '2', '3', "4'", '6', '7'], false, 2); // five with the walk before
    check(['0', "1'", '7'], false, 2);
    check(dense, false, 0);
  });

  it('beyond its budget recomputes from the last boundary kept', () => {
    const cache = new PrefixCache<Trail>(DEPTH, STATE_BYTES, 6 * STATE_BYTES); // three a walk: 0, 4 and the end
    const living = new Set<Trail>();
    expect(walk(cache, dense, true, living)).toBe(8);
    expect(walk(cache, ['0', '1', '2', '3', '4', '5', "6'"], false, living)).toBe(3);
  });

  it('finds common prefixes', () => {
    expect(commonPrefix(['a', 'b'], ['a', 'b', 'c'])).toBe(2);
    expect(commonPrefix([], ['a'])).toBe(0);
  });
});
