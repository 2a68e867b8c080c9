import { describe, expect, it } from 'vitest';
import { differenceOf } from './protocol-difference';

const group = (protocol: object, modelId = 'm') => ({
  model: { id: modelId, name: modelId },
  protocol: {
    id: JSON.stringify(protocol),
    json: JSON.stringify({ name: 'MINI', data: 'BUILTIN', limit: null, tasks: [{ dataSha256: 'a' }], ...protocol }),
  },
});

describe('differenceOf', () => {
  it.each([
    ['a limit', group({}), group({ limit: 40 }), 'number of questions'],
    ['edited task files alone', group({}), group({ tasks: [{ dataSha256: 'b' }] }), 'content of the task files'],
    [
      'another suite',
      group({}),
      group({ name: 'PAPER', data: 'LOCAL', tasks: [{ dataSha256: 'b' }] }),
      'protocol, source of the task data',
    ],
    ['a part it has no name for', group({}), group({ version: 2 }), 'protocol version'],
    ['another model', group({}), group({}, 'other'), 'model'],
    [
      'several things',
      group({}),
      group({ addBos: 'tokenizer', harness: 'x' }, 'other'),
      'model, BOS token, harness version',
    ],
  ])('names %s', (_, above, below, expected) => {
    expect(differenceOf(above, below)).toBe(expected);
  });
});
