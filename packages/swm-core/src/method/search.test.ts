import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerPlan } from '../plan/index.js';
import { isIdentity, outputDepth, parsePlan, planJson, readPlanJson, removedLayers } from '../plan/index.js';
import type { Candidate } from './method.js';
import { createMethod, type MethodRequest, validateMethodRequest } from './registry.js';
import { runSearch, type SearchCursor } from './search.js';
import { anyMeasure, searchToy } from './toy-model.js';

const search = (
  request: MethodRequest,
  depth: number,
  measure: (plan: LayerPlan) => number,
  cursor?: SearchCursor,
  blockInfluence?: readonly number[],
) => searchToy(request, { depth, measure, ...(blockInfluence ? { blockInfluence } : {}) }, cursor);

// methods.md 1.4: s = 1 - the cost of every layer that is gone.
const COST = [0.3, 0.1, 0.08, 0.05, 0.04, 0.03, 0.02, 0.5];
const toySimilarity = (plan: LayerPlan) => 1 - removedLayers(plan).reduce((sum, layer) => sum + (COST[layer] ?? 0), 0);
const line = ({ first, last, similarity, accepted }: Candidate) =>
  `(${first},${last},${similarity.toFixed(2).replace(/^0/, '')},${accepted ? 'y' : 'n'})`;

describe('Sliding-Window Merging, golden trajectories of the released script', () => {
  it.each([
    [0.92, '(5,6,.97,y)(4,6,.93,y)(3,6,.88,n)(3,3,.93,y)(2,3,.85,n)(1,2,.83,n)(0,1,.63,n)', '0-3 [4-6] 7', 6],
    [0.85, '(5,6,.97,y)(4,6,.93,y)(3,6,.88,y)(2,6,.80,n)(2,2,.88,y)(1,2,.78,n)(0,1,.58,n)', '0-2 [3-6] 7', 5],
    [0.6, '(5,6,.97,y)(4,6,.93,y)(3,6,.88,y)(2,6,.80,y)(1,6,.70,y)(0,6,.40,n)(0,0,.70,y)', '0 [1-6] 7', 3],
    [0.3, '(5,6,.97,y)(4,6,.93,y)(3,6,.88,y)(2,6,.80,y)(1,6,.70,y)(0,6,.40,y)', '0-7', 8],
  ])('T = %d', async (threshold, trajectory, text, layers) => {
    const found = await search({ name: 'swm', profile: 'released', threshold }, 8, toySimilarity);
    expect(found.candidates.map(line).join('')).toBe(trajectory);
    expect(found.text).toBe(text);
    expect(outputDepth(found.plan)).toBe(layers);
  });

  it('repaired commits the window that reaches the bottom', async () => {
    const found = await search({ name: 'swm', profile: 'repaired', threshold: 0.3 }, 8, toySimilarity);
    expect(found.text).toBe('[0-6] 7');
  });

  it('re-evaluates a committed model from memory', async () => {
    const { candidates } = await search({ name: 'swm', profile: 'released', threshold: 0.85 }, 8, toySimilarity);
    expect(candidates.filter(({ cached }) => cached)).toEqual([
      expect.objectContaining({ first: 2, last: 2, layerForwards: 0, accepted: true }),
    ]);
  });
});

const anyProfile = fc.constantFrom('released' as const, 'repaired' as const);
const anyThreshold = fc.double({ min: -0.99, max: 1, noNaN: true });

describe('Sliding-Window Merging, whatever the similarities', () => {
  it('takes (L-2) + commits evaluations and ends in a valid plan', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 40 }), anyThreshold, fc.integer(), async (depth, threshold, seed) => {
        const { plan, candidates } = await search(
          { name: 'swm', profile: 'released', threshold },
          depth,
          anyMeasure(seed),
        );
        const commits = plan.recipes.filter(({ kind }) => kind === 'merge').length;
        expect(candidates).toHaveLength(depth - 2 + commits);
        expect(candidates.filter(({ cached }) => cached)).toHaveLength(commits);
        expect(readPlanJson(JSON.parse(planJson(plan)))).toEqual(plan);
      }),
    );
  });

  it('resumes from any cursor to the same end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 24 }),
        anyProfile,
        anyThreshold,
        fc.integer(),
        fc.nat(),
        async (depth, profile, threshold, seed, at) => {
          const request: MethodRequest = { name: 'swm', profile, threshold };
          const whole = await search(request, depth, anyMeasure(seed));
          const stop = at % whole.cursors.length;
          const rest = await search(request, depth, anyMeasure(seed), whole.cursors[stop]);
          expect([...whole.candidates.slice(0, stop + 1), ...rest.candidates]).toEqual(whole.candidates);
          expect(rest.plan).toEqual(whole.plan);
          expect(rest.cursor).toEqual(whole.cursor);
        },
      ),
    );
  });
});

describe('Sliding-Window Merging, options', () => {
  it('restart include-merged tries the merged layer again from memory, and slides: the same plan', async () => {
    const request = { name: 'swm', profile: 'released', threshold: 0.85 } as const;
    const found = await search({ ...request, restart: 'include-merged' }, 8, toySimilarity);
    expect(found.candidates.map(line).join('')).toBe(
      '(5,6,.97,y)(4,6,.93,y)(3,6,.88,y)(2,6,.80,n)(2,6,.80,n)(1,2,.78,n)(0,1,.58,n)',
    );
    expect(found.candidates.filter(({ cached }) => cached).map(({ first, last }) => [first, last])).toEqual([[2, 6]]);
    expect(found.text).toBe('0-2 [3-6] 7');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 20 }), anyProfile, anyThreshold, fc.integer(), async (...drawn) => {
        const [depth, profile, threshold, seed] = drawn;
        const both = (['below', 'include-merged'] as const).map((restart) =>
          search({ name: 'swm', profile, threshold, restart }, depth, anyMeasure(seed)),
        );
        const [below, included] = await Promise.all(both);
        expect(included?.plan).toEqual(below?.plan);
        expect(included?.cursor.evaluations).toBe(below?.cursor.evaluations);
      }),
    );
  });

  it('never touches a protected layer, keeps the rule, and takes as many evaluations as windows', async () => {
    const options = fc.record({
      depth: fc.integer({ min: 4, max: 20 }),
      first: fc.nat(3),
      last: fc.nat(3),
      profile: anyProfile,
      threshold: anyThreshold,
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(options, async ({ depth, first, last, profile, threshold, seed }) => {
        fc.pre(first + last <= depth - 2);
        const request: MethodRequest = {
          ...{ name: 'swm', profile, threshold, protectFirst: first, protectLast: last },
          ...{ rule: 'replace-top', sideFrom: 'top' },
        };
        validateMethodRequest(request, depth);
        const { plan, cursor } = await search(request, depth, anyMeasure(seed));
        const merges = plan.recipes.filter(({ kind }) => kind === 'merge');
        for (const merge of merges) expect(merge.first >= first && merge.last <= depth - 1 - last).toBe(true);
        if (merges.length > 0) expect(plan.rule).toEqual({ name: 'replace-top', factor: 1, sideFrom: 'top' });
        expect(cursor.evaluations).toBe(depth - 1 - first - last);
      }),
    );
  });

  it.each([
    ['keep-low', { name: 'keep-low', factor: 1, sideFrom: 'low' }],
    ['keep-top', { name: 'keep-top', factor: 1, sideFrom: 'top' }],
    ['mean', { name: 'mean', factor: 0.5, sideFrom: 'low' }],
    ['sum-of-differences', { name: 'sum-of-differences', factor: 0.5, sideFrom: 'low' }],
  ] as const)('measures and ends in plans of rule %s', async (rule, expected) => {
    const rules = new Set<string>();
    const found = await search({ name: 'swm', threshold: 0.85, rule, factor: 0.5 }, 8, (plan) => {
      rules.add(plan.rule.name);
      return toySimilarity(plan);
    });
    expect([...rules]).toEqual([rule]);
    expect(found.plan.rule).toEqual(expected);
  });
});

describe('Sliding-Window Merging to a number of layers', () => {
  it('hits the target, or names neighbours that it reaches; no plan is measured twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 16 }), fc.nat(), fc.integer(), async (depth, pick, seed) => {
        const targetLayers = 1 + (pick % depth);
        const found = await search({ name: 'swm', profile: 'repaired', targetLayers }, depth, anyMeasure(seed)).catch(
          (error: Error) => error,
        );
        if (found instanceof Error) {
          expect(found).toMatchObject({ code: 'METHOD.TARGET_UNREACHABLE' });
          return;
        }
        expect(outputDepth(found.plan)).toBe(targetLayers);
        const measured = found.candidates.filter(({ cached }) => !cached).map(({ plan }) => plan);
        expect(new Set(measured).size).toBe(measured.length);
      }),
    );
  });

  it.each([
    [8, '0-7'],
    [7, '0-4 [5-6] 7'],
    [5, '0-2 [3-6] 7'],
    [2, '[0-6] 7'],
  ])('keeps %d of the toy model’s 8 layers', async (targetLayers, text) => {
    expect((await search({ name: 'swm', profile: 'repaired', targetLayers }, 8, toySimilarity)).text).toBe(text);
  });

  it('says which neighbours can be reached', async () => {
    const failed = search({ name: 'swm', profile: 'repaired', targetLayers: 1 }, 8, toySimilarity);
    await expect(failed).rejects.toMatchObject({
      code: 'METHOD.TARGET_UNREACHABLE',
      fix: expect.stringContaining('2 layers'),
    });
  });
});

describe('ShortGPT and dense', () => {
  it('drops the layers of lowest influence, ties from the bottom', async () => {
    const found = await search(
      { name: 'short-gpt', targetLayers: 3 },
      5,
      () => 1,
      undefined,
      [0.9, 0.1, 0.5, 0.1, 0.1],
    );
    expect(found.text).toBe('0 !1 2 !3 4');
  });

  it('leaves the dense model alone, without an engine', async () => {
    const { plan } = await runSearch({
      method: createMethod({ name: 'dense' }),
      depth: 4,
      open: () => Promise.reject(new Error('no engine is needed')),
    });
    expect(isIdentity(plan)).toBe(true);
    expect(plan).toEqual(parsePlan('0-3'));
  });
});

describe('guards', () => {
  it('refuses a similarity that is not a number', async () => {
    await expect(
      search({ name: 'swm', profile: 'repaired', threshold: 0.5 }, 8, () => Number.NaN),
    ).rejects.toMatchObject({ code: 'SEARCH.NON_FINITE' });
  });

  it.each([
    [{ name: 'swm', profile: 'repaired' } as const, ['method', 'swm', 'threshold']],
    [{ name: 'swm', profile: 'repaired', threshold: 2 } as const, ['method', 'swm', 'threshold']],
    [{ name: 'swm', profile: 'repaired', threshold: 0.5, targetLayers: 3 } as const, ['method', 'swm', 'threshold']],
    [{ name: 'swm', threshold: 0.5, protectFirst: 6 } as const, ['method', 'swm', 'protectFirst']],
    [{ name: 'swm', threshold: 0.5, protectLast: -1 } as const, ['method', 'swm', 'protectLast']],
    [{ name: 'swm', targetLayers: 3, protectFirst: 2 } as const, ['target', 'layers']],
    [{ name: 'swm', threshold: 0.5, rule: 'mean', factor: 3 } as const, ['method', 'swm', 'factor']],
    [{ name: 'swm', threshold: 0.5, factor: Number.NaN } as const, ['method', 'swm', 'factor']],
    [{ name: 'swm', targetLayers: 1 } as const, ['target', 'layers']],
    [{ name: 'short-gpt', targetLayers: 9 } as const, ['target', 'layers']],
    [{ name: 'short-gpt', targetLayers: 0 } as const, ['target', 'layers']],
  ])('refuses %j', (request, field) => {
    expect(() => validateMethodRequest(request, 8)).toThrow(
      expect.objectContaining({ code: 'METHOD.INVALID_OPTION', details: { field } }),
    );
  });
});
