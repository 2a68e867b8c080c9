import { describe, expect, it } from 'vitest';
import { paths } from './paths';
import { ORDER_KEYS, readOrder } from './url-state';

describe('the order in the address', () => {
  it.each(ORDER_KEYS)('survives the way through a link: %s', (key) => {
    const { searchParams } = new URL(paths.leaderboard(key), 'http://localhost');
    expect(readOrder(searchParams.get('sort') ?? undefined)).toBe(key);
  });

  it.each([[undefined], ['toString'], ['best'], [['latency', 'mean']]])('falls back to the mean for %j', (value) => {
    expect(readOrder(value)).toBe('mean');
  });
});
