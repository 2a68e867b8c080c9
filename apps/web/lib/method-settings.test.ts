import { expect, it } from 'vitest';
import { methodSettings } from './method-settings';

it.each([
  [{ profile: 'REPAIRED', threshold: 0.75 }, { layers: 20 }, 'repaired, to 20 layers, threshold 0.750'],
  [{ profile: 'RELEASED', threshold: 0 }, null, 'released, threshold 0.000'],
  [{ profile: null, threshold: null }, { layers: 12 }, 'to 12 layers'],
  [{}, undefined, ''],
  [
    {
      options: [
        { name: 'seed', value: '3', isDefault: false },
        { name: 'protect', value: 'false', isDefault: false },
        { name: 'sideFrom', value: 'low', isDefault: true },
        { name: 'plan', value: '0-5', isDefault: false },
        { name: 'rule', value: 'keep-top', isDefault: false },
      ],
    },
    { layers: 9 },
    'to 9 layers, seed 3, no protect, rule keep-top',
  ],
])('methodSettings of %j to %j', (method, target, expected) => {
  expect(methodSettings(method, target)).toBe(expected);
});
