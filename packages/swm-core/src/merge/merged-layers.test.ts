import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRewiring, type MergeRule, outputLayers, parsePlan } from '../plan/index.js';
import { mergedLayers, soleLayer, termsKey } from './merged-layers.js';

const rule = (name: MergeRule['name'], factor = 1): MergeRule => ({ name, factor, sideFrom: 'low' });
const termsOf = (text: string, given: MergeRule) =>
  mergedLayers(parsePlan(text, given)).map(({ projections }) => projections);
const total = (weights: readonly { readonly weight: number }[]) => weights.reduce((sum, { weight }) => sum + weight, 0);

describe('mergedLayers', () => {
  const goldens: readonly (readonly [MergeRule, string])[] = [
    [rule('replace-top'), '4'],
    [rule('replace-top', 0.5), '0.125*1+0.125*2+0.25*3+0.5*4'],
    [rule('replace-top', 0), '1'],
    [rule('sum-of-differences'), '-2*1+1*2+1*3+1*4'],
    [rule('sum-of-differences', 0.5), '-0.5*1+0.5*2+0.5*3+0.5*4'],
    [rule('sum-of-differences', 0), '1'],
    [rule('mean'), '0.25*1+0.25*2+0.25*3+0.25*4'],
    [rule('mean', 0.5), '0.625*1+0.125*2+0.125*3+0.125*4'],
    [rule('mean', 0), '1'],
    [rule('keep-low'), '1'],
    [rule('keep-top'), '4'],
  ];
  it.each(goldens)('%j makes layers 1 to 4 into %s', (given, key) => {
    expect(termsOf('0 [1-4] !5 6', given).map(termsKey)).toEqual(['0', key, '6']);
  });

  it('sum-of-differences over two layers is the top one, as the released code computes', () => {
    expect(termsOf('0 [1-2] 3', rule('sum-of-differences')).map(soleLayer)).toEqual([0, 2, 3]);
  });

  it('weights add up to one, and agree with the re-wiring where there is no arithmetic', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('replace-top', 'sum-of-differences', 'mean', 'keep-low', 'keep-top'),
        fc.constantFrom(0, 0.25, 0.5, 1, 1.5),
        fc.constantFrom('low', 'top'),
        fc.integer({ min: 1, max: 7 }),
        (name, factor, sideFrom, last) => {
          const plan = parsePlan(`[0-${last}] ${last + 1}`, { name, factor, sideFrom });
          const [merged] = mergedLayers(plan);
          const [wired] = outputLayers(plan);
          expect(total(merged?.projections ?? [])).toBeCloseTo(1, 12);
          expect(merged).toMatchObject({ ...wired });
          if (isRewiring(plan)) expect(soleLayer(merged?.projections ?? [])).toBe(wired?.projectionsFrom);
        },
      ),
    );
  });
});
