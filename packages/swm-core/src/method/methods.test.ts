import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatPlan,
  type LayerPlan,
  outputDepth,
  parsePlan,
  planJson,
  readPlanJson,
  removedLayers,
} from '../plan/index.js';
import { randomSubset } from './random.js';
import {
  expectedEvaluations,
  METHODS,
  type MethodRequest,
  readMethodRequest,
  validateMethodRequest,
} from './registry.js';
import { anyMeasure, searchToy, type ToyModel } from './toy-model.js';

/** Importance of each layer from an order, least important first. */
const importanceOf = (order: readonly number[]): number[] => {
  const importance = new Array<number>(order.length).fill(0);
  for (const [rank, layer] of order.entries()) importance[layer] = rank;
  return importance;
};
const parseOrder = (text: string) => text.split(',').map(Number);
const sorted = (layers: readonly number[]) => [...layers].sort((a, b) => a - b);

/** A toy whose loss without one layer is that layer's importance, and whose losses add up. */
const toyOf = (order: readonly number[]): ToyModel => {
  const importance = importanceOf(order);
  return {
    depth: order.length,
    measure: (plan) => removedLayers(plan).reduce((sum, layer) => sum + (importance[layer] ?? 0), 0) / 100,
    magnitudes: importance,
    gradients: importance,
    blockInfluence: importance,
  };
};

// methods.md 3.6: orders of the Shortened-LLM repository, least important first, and the sets that protection leaves.
const LLAMA2_PPL = parseOrder('11,8,24,21,12,7,9,10,18,27,14,23,25,15,20,26,17,6,13,28,22,19,5,29,4,16,30,3,2,31,1,0');
const LLAMA2_TAYLOR = parseOrder(
  '0,28,27,25,29,26,24,23,21,22,30,20,19,18,17,14,16,13,12,15,31,11,10,1,9,8,7,6,5,2,4,3',
);
const LLAMA3_TAYLOR = parseOrder(
  '24,25,26,28,29,23,27,22,20,19,21,30,18,17,16,13,14,15,12,11,10,9,8,7,6,5,31,4,3,0,2,1',
);
const VICUNA_PPL = parseOrder('25,27,10,24,11,20,8,29,6,5,26,22,9,7,15,12,16,18,21,13,28,19,4,23,14,30,17,3,1,31,2,0');
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, offset) => first + offset);

describe('one-shot removal with protected blocks, golden sets', () => {
  const goldens: readonly (readonly [string, readonly number[], number, readonly number[]])[] = [
    ['Llama-2-7B PPL', LLAMA2_PPL, 6, [7, 8, 11, 12, 21, 24]],
    ['Llama-2-7B PPL', LLAMA2_PPL, 11, [7, 8, 9, 10, 11, 12, 14, 18, 21, 24, 27]],
    ['Llama-2-7B Taylor+', LLAMA2_TAYLOR, 6, range(24, 29)],
    ['Llama-2-7B Taylor+', LLAMA2_TAYLOR, 11, range(19, 29)],
    ['Llama-3-8B Taylor+', LLAMA3_TAYLOR, 6, [23, 24, 25, 26, 28, 29]],
    ['Llama-3-8B Taylor+', LLAMA3_TAYLOR, 11, range(19, 29)],
    ['Vicuna-7B PPL', VICUNA_PPL, 6, [10, 11, 20, 24, 25, 27]],
  ];
  it.each(goldens)('%s removes %#', async (_, order, count, removed) => {
    for (const name of ['shortened-ppl', 'shortened-taylor', 'shortened-magnitude'] as const) {
      const { plan } = await searchToy({ name, targetLayers: order.length - count }, toyOf(order));
      expect(removedLayers(plan)).toEqual(removed);
    }
  });

  it('without protection takes the order as it is', async () => {
    for (const name of ['shortened-ppl', 'shortened-taylor', 'shortened-magnitude'] as const) {
      const { plan } = await searchToy({ name, protect: false, targetLayers: 26 }, toyOf(LLAMA2_TAYLOR));
      expect(removedLayers(plan)).toEqual(sorted(LLAMA2_TAYLOR.slice(0, 6)));
    }
    const { plan } = await searchToy({ name: 'short-gpt', targetLayers: 26 }, toyOf(LLAMA2_TAYLOR));
    expect(removedLayers(plan)).toEqual(sorted(LLAMA2_TAYLOR.slice(0, 6)));
  });

  it('breaks ties by the lower layer', async () => {
    const flat: ToyModel = {
      depth: 12,
      measure: () => 2,
      magnitudes: new Array(12).fill(7),
      gradients: new Array(12).fill(7),
    };
    for (const name of ['shortened-ppl', 'shortened-taylor', 'shortened-magnitude'] as const)
      expect((await searchToy({ name, targetLayers: 10 }, flat)).text).toBe('0-3 !4-5 6-11');
    expect((await searchToy({ name: 'sleb', targetLayers: 10 }, flat)).text).toBe('0 !1-2 3-11');
  });

  it('measures each layer once, logging the perplexity that its loss makes', async () => {
    const { candidates } = await searchToy({ name: 'shortened-ppl', targetLayers: 26 }, toyOf(LLAMA2_PPL));
    expect(candidates).toHaveLength(32);
    expect(candidates[0]).toMatchObject({
      ...{ first: 31, last: 31, plan: '0-30 !31', quantity: 'perplexity', accepted: null },
      similarity: Math.exp(0.29),
    });
  });
});

describe('SLEB', () => {
  it('removes greedily and measures sum(L-k-2) candidates: 165 for 6 of 32', async () => {
    const { candidates, plan } = await searchToy({ name: 'sleb', targetLayers: 26 }, toyOf(LLAMA2_PPL));
    expect(candidates).toHaveLength(165);
    expect(removedLayers(plan)).toEqual(sorted(LLAMA2_PPL.slice(0, 6)));
  });

  it('judges the current model, not the dense one', async () => {
    // Without layer 2 the loss is lowest, but then layer 3 is needed more than layer 4.
    const losses: Record<string, number> = { '0-1 !2 3-5': 1, '0-2 !3 4-5': 2, '0-3 !4 5': 3, '0 !1 2-5': 4 };
    const after: Record<string, number> = { '0-1 !2-3 4-5': 9, '0-1 !2 3 !4 5': 5, '0 !1-2 3-5': 8 };
    const toy: ToyModel = { depth: 6, measure: (plan) => ({ ...losses, ...after })[formatPlan(plan)] ?? Number.NaN };
    expect((await searchToy({ name: 'sleb', targetLayers: 4 }, toy)).text).toBe('0-1 !2 3 !4 5');
  });
});

describe('UIDL, last-n and random', () => {
  it('UIDL drops the block whose ends lie closest, the lower one on a tie', async () => {
    const distance = Array.from({ length: 6 }, () => new Array<number>(6).fill(1));
    const set = (a: number, b: number, value: number) => {
      for (const [row, column] of [
        [a, b],
        [b, a],
      ] as const)
        (distance[row] ?? [])[column] = value;
    };
    set(1, 3, 0.2);
    set(3, 5, 0.2);
    set(2, 3, 0.01);
    const toy = { depth: 5, measure: () => 0, angularDistance: distance };
    expect((await searchToy({ name: 'uidl', targetLayers: 3 }, toy)).text).toBe('0 !1-2 3-4');
    set(3, 5, 0.1);
    expect((await searchToy({ name: 'uidl', targetLayers: 3 }, toy)).text).toBe('0-2 !3-4');
    expect((await searchToy({ name: 'uidl', targetLayers: 4 }, toy)).text).toBe('0-1 !2 3-4');
    expect((await searchToy({ name: 'uidl', targetLayers: 5 }, toy)).text).toBe('0-4');
  });

  it.each([
    [32, 26, '0-24 !25-30 31'],
    [4, 1, '!0-2 3'],
    [4, 4, '0-3'],
  ])('last-n of %d layers to %d', async (depth, targetLayers, text) => {
    expect((await searchToy({ name: 'last-n', targetLayers }, { depth, measure: () => 0 })).text).toBe(text);
  });

  it('random spares the protected layers where it can, and is the same for the same seed', async () => {
    const plans = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      const draw = async () =>
        (await searchToy({ name: 'random', targetLayers: 9, seed }, { depth: 12, measure: () => 0 })).plan;
      const plan = await draw();
      expect(planJson(await draw())).toBe(planJson(plan));
      expect(outputDepth(plan)).toBe(9);
      for (const layer of removedLayers(plan)) expect(layer >= 4 && layer <= 9).toBe(true);
      plans.add(formatPlan(plan));
    }
    expect(plans.size).toBeGreaterThan(10);
    const shallow = await searchToy({ name: 'random', targetLayers: 2, seed: 0 }, { depth: 6, measure: () => 0 });
    expect(outputDepth(shallow.plan)).toBe(2);
  });

  it('random is uniform: every layer is drawn equally often', () => {
    const layers = range(4, 13);
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 4000; seed += 1)
      for (const layer of randomSubset(layers, 3, seed)) counts.set(layer, (counts.get(layer) ?? 0) + 1);
    // 1200 expected each, standard deviation 29.
    for (const layer of layers) expect(Math.abs((counts.get(layer) ?? 0) - 1200)).toBeLessThan(5 * 29);
  });
});

/** The notebook's loop on a list of source runs, written again with plain arrays. */
function lacoByHand(
  depth: number,
  options: { c: number; i: number; lo: number; hi: number; t: number },
  measure: ToyModel['measure'],
) {
  const { c, i, lo, hi, t } = options;
  let model = range(0, depth - 1).map((layer) => [layer]);
  const tried: string[] = [];
  const text = (layers: readonly (readonly number[])[]) =>
    formatPlan(
      parsePlan(layers.map((run) => (run.length === 1 ? `${run[0]}` : `[${run[0]}-${run.at(-1)}]`)).join(' ')),
    );
  let at = hi - c;
  while (at >= lo) {
    const take = Math.min(c - 1, model.length - at - 1);
    const candidate = [...model.slice(0, at), model.slice(at, at + take + 1).flat(), ...model.slice(at + take + 1)];
    tried.push(text(candidate));
    if (measure(parsePlan(text(candidate))) > t) {
      model = candidate;
      at -= i;
      if (at >= model.length) at = model.length - 1 - c;
    } else at -= 1;
  }
  return { plan: text(model), tried };
}

describe('LaCo', () => {
  it('follows the notebook’s loop, candidate by candidate', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: 20 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        fc.integer(),
        async (depth, pickSpan, pickHigh, interval, threshold, seed) => {
          const span = 2 + (pickSpan % (depth - 2));
          const highest = span + (pickHigh % (depth - span + 1));
          const measure = anyMeasure(seed);
          const request: MethodRequest = { name: 'laco', span, interval, lowest: 0, highest, threshold };
          validateMethodRequest(request, depth);
          const found = await searchToy(request, { depth, measure });
          const byHand = lacoByHand(depth, { c: span, i: interval, lo: 0, hi: highest, t: threshold }, measure);
          expect(found.candidates.map(({ plan }) => plan)).toEqual(byHand.tried);
          expect(found.text).toBe(byHand.plan);
          expect(found.candidates.length).toBeLessThanOrEqual(highest - span + 1);
        },
      ),
    );
  });

  it('merges a merged layer again: the window grows in source layers', async () => {
    const toy = { depth: 8, measure: (plan: LayerPlan) => (outputDepth(plan) >= 4 ? 0.9 : 0) };
    const { text } = await searchToy(
      { name: 'laco', span: 3, interval: 1, lowest: 0, highest: 7, threshold: 0.5 },
      toy,
    );
    expect(text).toBe('0-2 [3-7]');
  });
});

/** Every method with everything it needs, to a number of layers that all of them can reach. */
const requestsFor = (depth: number, targetLayers: number, threshold: number): readonly MethodRequest[] => [
  { name: 'swm', threshold },
  { name: 'laco', span: 2, interval: 1, threshold },
  { name: 'short-gpt', targetLayers },
  { name: 'uidl', targetLayers },
  { name: 'sleb', targetLayers: Math.max(2, targetLayers) },
  { name: 'shortened-ppl', targetLayers: Math.max(6, targetLayers) },
  { name: 'shortened-taylor', protect: false, targetLayers },
  { name: 'shortened-magnitude', protect: false, targetLayers },
  { name: 'last-n', targetLayers },
  { name: 'random', seed: depth, targetLayers },
  { name: 'manual', plan: formatPlan(parsePlan(`0-1 [2-3] 4-${depth - 1}`)) },
  { name: 'dense' },
];

describe('every method, whatever is measured', () => {
  it('is covered here', () => {
    expect(requestsFor(8, 4, 0.5).map(({ name }) => name)).toEqual(METHODS.map(({ name }) => name));
  });

  it('stops with a valid plan of the depth asked for, and resumes from any cursor to the same end', async () => {
    const any = fc.tuple(
      fc.integer({ min: 7, max: 16 }),
      fc.nat(),
      fc.double({ min: -0.9, max: 0.9, noNaN: true }),
      fc.integer(),
      fc.nat(),
    );
    await fc.assert(
      fc.asyncProperty(any, async ([depth, pick, threshold, seed, stop]) => {
        const numbers = (count: number, from: number) =>
          range(0, count - 1).map((layer) => anyMeasure(seed + from)(parsePlan(`0-${layer}`)));
        const toy: ToyModel = {
          ...{ depth, measure: anyMeasure(seed), magnitudes: numbers(depth, 1), blockInfluence: numbers(depth, 2) },
          gradients: numbers(depth, 40),
          angularDistance: range(0, depth).map((row) => numbers(depth + 1, 3 + row)),
        };
        for (const request of requestsFor(depth, 1 + (pick % depth), threshold)) {
          validateMethodRequest(request, depth);
          const whole = await searchToy(request, toy);
          expect(readPlanJson(JSON.parse(planJson(whole.plan)))).toEqual(whole.plan);
          if (request.targetLayers !== undefined) expect(outputDepth(whole.plan)).toBe(request.targetLayers);
          if (whole.cursors.length === 0) continue;
          const at = stop % whole.cursors.length;
          const rest = await searchToy(request, toy, whole.cursors[at]);
          expect([...whole.candidates.slice(0, at + 1), ...rest.candidates]).toEqual(whole.candidates);
          expect([rest.plan, rest.cursor]).toEqual([whole.plan, whole.cursor]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [{ name: 'swm', threshold: 0.5 }, 30],
    [{ name: 'swm', targetLayers: 20 }, null],
    [{ name: 'laco', threshold: 0.5 }, null],
    [{ name: 'shortened-ppl', targetLayers: 26 }, 32],
    [{ name: 'sleb', targetLayers: 26 }, 165],
  ] as const)('%j takes as many measurements as it says', async (request, count) => {
    expect(expectedEvaluations(request, 32)).toBe(count);
    const { cursor } = await searchToy(request, { depth: 32, measure: (plan) => outputDepth(plan) / 32 });
    if (count !== null) expect(cursor.evaluations).toBe(count);
  });

  it('LaCo hits a number of layers, or names neighbours that it reaches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: 14 }), fc.nat(), fc.integer(), async (depth, pick, seed) => {
        const targetLayers = 1 + (pick % depth);
        const request: MethodRequest = { name: 'laco', span: 2, interval: 1, lowest: 0, targetLayers };
        const found = await searchToy(request, { depth, measure: anyMeasure(seed) }).catch((error: unknown) => error);
        if (found instanceof Error) expect(found).toMatchObject({ code: 'METHOD.TARGET_UNREACHABLE' });
        else expect(found).toMatchObject({ plan: expect.objectContaining({ sourceDepth: depth }) });
      }),
    );
  });
});

describe('manual', () => {
  it('reads the plan under its rule', async () => {
    const { plan } = await searchToy(
      { name: 'manual', plan: '0-2 [3-5] !6 7', rule: 'keep-top' },
      { depth: 8, measure: () => 0 },
    );
    expect(plan).toEqual(parsePlan('0-2 [3-5] !6 7', { name: 'keep-top', factor: 1, sideFrom: 'top' }));
  });
});

describe('requests', () => {
  it('have their defaults written out', () => {
    const laco = { name: 'laco', targetLayers: 8 };
    expect(readMethodRequest(laco)).toEqual({ ...laco, span: 4, interval: 2, lowest: 1 });
    expect(readMethodRequest({ name: 'shortened-ppl', targetLayers: 8 })).toMatchObject({ protect: true });
  });

  const bad: readonly (readonly [object, string, readonly string[]])[] = [
    [{ name: 'nothing' }, 'METHOD.UNKNOWN', ['method']],
    [{ name: 'random', targetLayers: 6, seed: -1 }, 'METHOD.INVALID_OPTION', ['method', 'random', 'seed']],
    [{ name: 'random', targetLayers: 6, seed: 0.5 }, 'METHOD.INVALID_OPTION', ['method', 'random', 'seed']],
    [{ name: 'random', targetLayers: 6, sed: 1 }, 'METHOD.INVALID_OPTION', ['method', 'random', 'sed']],
    [{ name: 'last-n' }, 'METHOD.TARGET_MISSING', ['target', 'layers']],
    [{ name: 'last-n', targetLayers: 9 }, 'METHOD.INVALID_OPTION', ['target', 'layers']],
    [{ name: 'last-n', targetLayers: Number.NaN }, 'METHOD.INVALID_OPTION', ['target', 'layers']],
    [{ name: 'dense', targetLayers: 3 }, 'METHOD.TARGET_UNUSED', ['target']],
    [{ name: 'sleb', targetLayers: 1 }, 'METHOD.INVALID_OPTION', ['target', 'layers']],
    [{ name: 'shortened-ppl', targetLayers: 5 }, 'METHOD.INVALID_OPTION', ['target', 'layers']],
    [{ name: 'shortened-taylor', targetLayers: 5 }, 'METHOD.INVALID_OPTION', ['target', 'layers']],
    [{ name: 'shortened-magnitude', targetLayers: 5 }, 'METHOD.INVALID_OPTION', ['target', 'layers']],
    [
      { name: 'shortened-ppl', targetLayers: 6, protect: 'yes' },
      'METHOD.INVALID_OPTION',
      ['method', 'shortenedPpl', 'protect'],
    ],
    [{ name: 'manual' }, 'METHOD.INVALID_OPTION', ['method', 'manual', 'plan']],
    [{ name: 'manual', plan: '0-6' }, 'METHOD.INVALID_OPTION', ['method', 'manual', 'plan']],
    [{ name: 'manual', plan: '0-2 5-7' }, 'PLAN.INVALID', ['method', 'manual', 'plan']],
    [{ name: 'manual', plan: 'ignore the above' }, 'PLAN.INVALID', ['method', 'manual', 'plan']],
    [{ name: 'manual', plan: '0-7', rule: 'best' }, 'METHOD.INVALID_OPTION', ['method', 'manual', 'rule']],
    [{ name: 'manual', plan: '0-7', targetLayers: 8 }, 'METHOD.TARGET_UNUSED', ['target']],
    [{ name: 'laco' }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'threshold']],
    [{ name: 'laco', threshold: 0.5, targetLayers: 4 }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'threshold']],
    [{ name: 'laco', threshold: 0.5, span: 1 }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'span']],
    [{ name: 'laco', threshold: 0.5, span: 9 }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'span']],
    [{ name: 'laco', threshold: 0.5, interval: 0 }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'interval']],
    [{ name: 'laco', threshold: 0.5, lowest: 5 }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'lowest']],
    [{ name: 'laco', threshold: 0.5, highest: 9 }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'highest']],
  ];
  it.each(bad)('refuses %j', (request, code, field) => {
    // As they come from outside: of any shape.
    expect(() => validateMethodRequest(request as MethodRequest, 8)).toThrow(
      expect.objectContaining({ code, details: { field }, fix: expect.stringMatching(/./) }),
    );
  });
});
