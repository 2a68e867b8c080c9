import { readFileSync } from 'node:fs';
import { inputFieldOf, METHODS } from '@swm/core/method';
import { buildSchema, type GraphQLInputObjectType, getNamedType, isEnumType, isInputObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';

const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));

function inputType(name: string): GraphQLInputObjectType {
  const type = schema.getType(name);
  if (!isInputObjectType(type)) throw new Error(`${name} is no input`);
  return type;
}

describe('the typed inputs of the methods', () => {
  it('are one field a method', () => {
    expect(Object.keys(inputType('MethodInput').getFields())).toEqual(METHODS.map(({ name }) => inputFieldOf(name)));
  });

  it.each(METHODS)('of $name has its options with their defaults', ({ name, options }) => {
    const type = getNamedType(inputType('MethodInput').getFields()[inputFieldOf(name)]?.type);
    const fields = Object.values(inputType(`${type?.name}`).getFields()).filter((field) => field.name !== 'enabled');
    const found = fields.map((field) => {
      const fieldType = getNamedType(field.type);
      const preset = field.defaultValue === undefined ? null : String(field.defaultValue);
      return {
        name: field.name,
        default: isEnumType(fieldType) ? preset?.toLowerCase().replaceAll('_', '-') : preset,
      };
    });
    expect(found).toEqual(options.map((option) => ({ name: option.name, default: option.default })));
  });
});
