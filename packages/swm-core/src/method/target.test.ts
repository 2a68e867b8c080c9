import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layersOfParams, layersOfRatio, type ModelSize } from './target.js';

// methods.md 1.7 and 6.
const LLAMA2_7B: ModelSize = { depth: 32, parameterCount: 6_738_415_616n, layerParameterCount: 202_383_360n };
const LLAMA3_8B: ModelSize = { depth: 32, parameterCount: 8_030_261_248n, layerParameterCount: 218_112_000n };

describe('targets by parameters', () => {
  it.each([
    ['Llama-2-7B', 0.2, 26],
    ['Llama-2-7B', 0.35, 21],
    ['Llama-3-8B', 0.2, 25],
    ['Llama-3-8B', 0.35, 20],
    ['Llama-2-7B', 0, 32],
    ['Llama-2-7B', 0.999, 1],
  ] as const)('%s at ratio %d keeps %d layers', (model, ratio, layers) => {
    expect(layersOfRatio(ratio, model === 'Llama-2-7B' ? LLAMA2_7B : LLAMA3_8B)).toBe(layers);
  });

  it.each([
    [5_524_115_456n, 26],
    [5_524_115_457n, 27],
    [5_524_115_455n, 26],
    [6_738_415_616n, 32],
    [1n, 1],
  ])('Llama-2-7B with at least %d parameters keeps %d layers', (params, layers) => {
    expect(layersOfParams(params, LLAMA2_7B)).toBe(layers);
  });

  it('gives a depth back from its own ratio and its own number of parameters', () => {
    const sizes = fc.record({
      depth: fc.integer({ min: 1, max: 80 }),
      layer: fc.bigInt(1n, 10n ** 9n),
      rest: fc.bigInt(1n, 10n ** 9n),
    });
    fc.assert(
      fc.property(sizes, fc.nat(), ({ depth, layer, rest }, pick) => {
        const size = { depth, layerParameterCount: layer, parameterCount: layer * BigInt(depth) + rest };
        const kept = 1 + (pick % depth);
        const removed = layer * BigInt(depth - kept);
        expect(layersOfRatio(Number(removed) / Number(size.parameterCount), size)).toBe(kept);
        expect(layersOfParams(size.parameterCount - removed, size)).toBe(kept);
      }),
    );
  });

  it.each([-0.1, 1, 1.5, Number.NaN])('refuses the ratio %d', (ratio) => {
    expect(() => layersOfRatio(ratio, LLAMA2_7B)).toThrow(
      expect.objectContaining({ code: 'METHOD.INVALID_OPTION', details: { field: ['target', 'ratio'] } }),
    );
  });

  it.each([0n, -1n, 6_738_415_617n])('refuses %d parameters', (params) => {
    expect(() => layersOfParams(params, LLAMA2_7B)).toThrow(
      expect.objectContaining({ code: 'METHOD.INVALID_OPTION', details: { field: ['target', 'params'] } }),
    );
  });
});
