import { Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { checkOperationSize, MAX_DEPTH, MAX_FIELDS, MAX_ROOT_FIELDS } from './operation-limits.js';

/** What is said of an operation: its complaint, or null. */
function complaint(text: string): string | null {
  const document = parse(text);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('no operation');
  try {
    checkOperationSize(document, operation);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const nested = (depth: number): string => `${'{ a '.repeat(depth)}${'}'.repeat(depth)}`;
const many = (count: number): string => Array.from({ length: count }, (_, index) => `f${index}: f`).join(' ');

describe('operation limits', () => {
  test.each([
    ['as deep as allowed', nested(MAX_DEPTH), null],
    ['one level more', nested(MAX_DEPTH + 1), 'levels'],
    ['deep through fragments', `{ ...F } fragment F on T ${nested(MAX_DEPTH + 1)}`, 'levels'],
    ['as many root fields as allowed', `{ ${many(MAX_ROOT_FIELDS)} }`, null],
    ['aliases count', `{ ${many(MAX_ROOT_FIELDS + 1)} }`, 'root fields'],
    [
      'root fields of fragments count',
      `{ ...F ... on Query { x } } fragment F on Query { ${many(MAX_ROOT_FIELDS)} }`,
      'root fields',
    ],
    ['as many fields as allowed', `{ a { ${many(MAX_FIELDS - 1)} } }`, null],
    ['one field more', `{ a { ${many(MAX_FIELDS)} } }`, 'fields'],
    ['matrices of layers count fifty', `{ a { ${many(MAX_FIELDS - 51)} cosine } }`, null],
    ['a matrix more', `{ a { ${many(MAX_FIELDS - 51)} cosine m: cka { values } } }`, 'fields'],
    ['introspection is of fixed size', `{ __schema ${nested(20)} }`, null],
  ])('%s', (_, text, expected) => {
    const found = complaint(text);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(new RegExp(`\\d ${expected}, at most`));
  });

  test('a chain of doubling fragments is measured in an instant', () => {
    const chain = Array.from({ length: 60 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`).join(' ');
    const started = performance.now();
    expect(complaint(`{ a { ...F0 } } ${chain} fragment F60 on T { x }`)).toMatch(/fields, at most/);
    expect(performance.now() - started).toBeLessThan(50);
  });
});
