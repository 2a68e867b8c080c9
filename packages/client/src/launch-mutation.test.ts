import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { launchMutation } from './launch-mutation.js';

const schema = buildSchema(readFileSync(new URL('../../../apps/server/schema.graphql', import.meta.url), 'utf8'));

const request = (method: object, limit: number | null = null): string =>
  JSON.stringify({
    modelId: '01997f2e-0000-7000-8000-000000000001',
    method,
    calibration: { source: 'BUILTIN', samples: 10, tokens: 128, seed: 1234, addBos: false },
    protocol: { name: 'MINI', data: 'BUILTIN', limit },
    latency: 'QUICK',
    stopAfter: 'search-plan',
    engine: 'auto',
  });

describe('launchMutation', () => {
  it.each([
    [
      'SWM by threshold',
      { name: 'swm', profile: 'repaired', threshold: 0.7 },
      'swm: { profile: REPAIRED, threshold: 0.7 }',
    ],
    [
      'SWM with options',
      {
        name: 'swm',
        profile: 'repaired',
        restart: 'include-merged',
        protectFirst: 2,
        rule: 'keep-top',
        threshold: 0.7,
      },
      'swm: { profile: REPAIRED, restart: INCLUDE_MERGED, protectFirst: 2, rule: KEEP_TOP, threshold: 0.7 }',
    ],
    ['SWM to a depth', { name: 'swm', profile: 'released', targetLayers: 20 }, 'target: { layers: 20 }'],
    ['ShortGPT', { name: 'short-gpt', targetLayers: 19 }, 'shortGpt: {}'],
    ['dense', { name: 'dense' }, 'dense: {}'],
    [
      'LaCo',
      { name: 'laco', span: 4, interval: 2, lowest: 1, threshold: 0.5 },
      'laco: { span: 4, interval: 2, lowest: 1, threshold: 0.5 }',
    ],
    ['UIDL', { name: 'uidl', targetLayers: 19 }, 'uidl: {}'],
    ['SLEB', { name: 'sleb', targetLayers: 19 }, 'sleb: {}'],
    ['PPL', { name: 'shortened-ppl', protect: true, targetLayers: 19 }, 'shortenedPpl: { protect: true }'],
    [
      'Magnitude',
      { name: 'shortened-magnitude', protect: false, targetLayers: 19 },
      'shortenedMagnitude: { protect: false }',
    ],
    ['last n', { name: 'last-n', targetLayers: 19 }, 'lastN: {}'],
    ['random', { name: 'random', seed: 3, targetLayers: 19 }, 'random: { seed: 3 }'],
    [
      'a plan',
      { name: 'manual', plan: '0-2 [3-4] "', rule: 'keep-top', sideFrom: 'low' },
      'manual: { plan: "0-2 [3-4] \\"", rule: KEEP_TOP, sideFrom: LOW }',
    ],
  ])('asks for %s in words the schema knows', (_, method, part) => {
    const text = launchMutation(request(method));
    expect(text).toContain(part);
    expect(validate(schema, parse(text))).toEqual([]);
  });

  it('keeps a limit and leaves out what was not asked for', () => {
    expect(launchMutation(request({ name: 'dense' }, 40))).toContain('limit: 40');
    expect(launchMutation(request({ name: 'dense' }))).not.toMatch(/limit|target|null/);
  });
});
