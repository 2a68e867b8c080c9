import { expect, it } from 'vitest';
import { methodSettings } from './method-settings';

it.each([
  [{ profile: 'REPAIRED', threshold: 0.75 }, { layers: 20 }, 'repaired, to 20 layers, threshold 0.750'],
  [{ profile: 'RELEASED', threshold: 0 }, null, 'released, threshold 0.000'],
  [{ profile: null, threshold: null }, { layers: 12 }, 'to 12 layers'],
  [{}, undefined, ''],
])('methodSettings of %j to %j', (method, target, expected) => {
  expect(methodSettings(method, target)).toBe(expected);
});
