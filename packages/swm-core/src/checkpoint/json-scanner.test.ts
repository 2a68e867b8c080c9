import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonSyntaxError, parseStrictJson, topLevelTexts } from './json-scanner.js';

const encode = (text: string) => new TextEncoder().encode(text);

describe('parseStrictJson', () => {
  test('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseStrictJson(encode(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  const REFUSED = [
    '',
    '{',
    '[1,]',
    '{"a":1,}',
    '01',
    '1.',
    '.5',
    '+1',
    'NaN',
    'Infinity',
    '-',
    '1e999',
    'nul',
    '"\t"',
    '"\\u12"',
    "'a'",
    '1 2',
    '{1:2}',
    '\uFEFF{}',
  ];
  test.each(REFUSED)('refuses %j', (text) => {
    expect(() => parseStrictJson(encode(text))).toThrow(JsonSyntaxError);
  });

  test('refuses equal keys at any depth, also when one is escaped', () => {
    expect(() => parseStrictJson(encode('[{"a":{"b":1,"\\u0062":2}}]'))).toThrow('"b" appears twice');
  });

  test('refuses deep nesting instead of overflowing the stack', () => {
    expect(() => parseStrictJson(encode('['.repeat(100_000)))).toThrow('nested');
  });

  test('a __proto__ key is an ordinary key', () => {
    const value = parseStrictJson(encode('{"__proto__":{"polluted":true}}'));
    expect(Object.keys(value as object)).toEqual(['__proto__']); // An object literal was parsed.
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

test('topLevelTexts keeps the spelling of each value', () => {
  const texts = topLevelTexts(encode('{ "theta": 10000.0, "eps":1e-05 , "list": [1,  2], "é": "\\u00e9" }'));
  expect([...texts]).toEqual([
    ['theta', '10000.0'],
    ['eps', '1e-05'],
    ['list', '[1,  2]'],
    ['é', '"\\u00e9"'],
  ]);
});
