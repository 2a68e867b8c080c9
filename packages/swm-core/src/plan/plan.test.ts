import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createPlan,
  formatPlan,
  identityPlan,
  isIdentity,
  type LayerRecipe,
  outputDepth,
  outputLayers,
  parsePlan,
  planJson,
  readPlanJson,
  removedLayers,
} from './index.js';
import { planId } from './plan-id.js';

/** Any list of recipes that covers its layers once and keeps something. */
const anyRecipes = fc
  .array(
    fc.tuple(fc.constantFrom('keep' as const, 'merge' as const, 'drop' as const), fc.integer({ min: 1, max: 5 })),
    { minLength: 1, maxLength: 12 },
  )
  .filter((parts) => parts.some(([kind]) => kind !== 'drop'))
  .map((parts) => {
    let next = 0;
    return parts.map(([kind, size]): LayerRecipe => {
      const first = next;
      next += kind === 'merge' ? size + 1 : size;
      return { kind, first, last: next - 1 };
    });
  });
const planOf = (recipes: readonly LayerRecipe[]) =>
  createPlan({ sourceDepth: (recipes.at(-1)?.last ?? 0) + 1, recipes });

describe('LayerPlan', () => {
  it('text and JSON are exact inverses of the plan', () => {
    fc.assert(
      fc.property(anyRecipes, (recipes) => {
        const plan = planOf(recipes);
        expect(parsePlan(formatPlan(plan))).toEqual(plan);
        expect(readPlanJson(JSON.parse(planJson(plan)))).toEqual(plan);
        expect(outputLayers(plan)).toHaveLength(outputDepth(plan));
        expect(outputDepth(plan) + removedLayers(plan).length).toBe(plan.sourceDepth);
        expect(isIdentity(plan)).toBe(formatPlan(plan) === formatPlan(identityPlan(plan.sourceDepth)));
      }),
    );
  });

  it.each([
    ['0-2 [3-6] 7 !8 9-31', 32],
    ['[0-6] 7', 8],
    ['!0 1', 2],
    ['0', 1],
  ])('reads %s', (text, depth) => {
    const plan = parsePlan(text);
    expect(plan.sourceDepth).toBe(depth);
    expect(formatPlan(plan)).toBe(text);
  });

  it.each(['', '1-2', '0 0', '0 2', '[3-3]', '[0-1', '0-', '!0', '2-1', 'a', '0 [1-1]', '-1', '0.5'])(
    'refuses "%s"',
    (text) => {
      expect(() => parsePlan(text)).toThrow(expect.objectContaining({ code: 'PLAN.INVALID' }));
    },
  );

  it.each([
    null,
    3,
    [],
    {},
    { version: 2 },
    { ...identityPlan(3), extra: 1 },
    { ...identityPlan(3), sourceDepth: '3' },
  ])('refuses the JSON %j', (value) => {
    expect(() => readPlanJson(value)).toThrow(expect.objectContaining({ code: 'PLAN.INVALID' }));
  });

  it('is one id for equal models and another for another rule', () => {
    const rule = { name: 'keep-low', factor: 1, sideFrom: 'low' } as const;
    const deletion = [
      { kind: 'keep', first: 0, last: 1 },
      { kind: 'drop', first: 2, last: 2 },
      { kind: 'keep', first: 3, last: 3 },
    ] as const;
    expect(planId(createPlan({ sourceDepth: 4, recipes: deletion, rule }))).toBe(
      planId(createPlan({ sourceDepth: 4, recipes: deletion })),
    );
    expect(planId(parsePlan('0 [1-2] 3', rule))).not.toBe(planId(parsePlan('0 [1-2] 3')));
  });

  it('re-wires a window: projections of the top layer, norms of the low one', () => {
    expect(
      outputLayers(parsePlan('0 [1-3] !4 5')).map(({ projectionsFrom, sideFrom }) => [projectionsFrom, sideFrom]),
    ).toEqual([
      [0, 0],
      [3, 1],
      [5, 5],
    ]);
  });

  it('is frozen all the way down', () => {
    const plan = identityPlan(3);
    expect(
      Object.isFrozen(plan) &&
        Object.isFrozen(plan.recipes) &&
        Object.isFrozen(plan.recipes[0]) &&
        Object.isFrozen(plan.rule),
    ).toBe(true);
  });
});
