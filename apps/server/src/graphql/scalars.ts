import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';

export { GraphQLDateTime };

function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,30}$/.test(value)) return BigInt(value);
  throw new GraphQLError('A BigInt is a whole number, as a number or as a decimal string.');
}

/** Whole numbers past 2^53: always a decimal string in replies, so that no client rounds one. */
export const GraphQLBigIntText = new GraphQLScalarType<bigint, string>({
  name: 'BigInt',
  description: 'A whole number of any size, as a decimal string in replies; inputs may be numbers, too.',
  serialize: (value) => toBigInt(value).toString(),
  parseValue: toBigInt,
  parseLiteral: (node) => {
    if (node.kind === Kind.INT || node.kind === Kind.STRING) return toBigInt(node.value);
    throw new GraphQLError('A BigInt is a whole number, as a number or as a decimal string.', { nodes: node });
  },
});

function toSha256(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new GraphQLError('A Sha256 has 64 hexadecimal digits.');
}

/** A sha256 digest. */
export const GraphQLSha256 = new GraphQLScalarType<string, string>({
  name: 'Sha256',
  description: 'A sha256 digest: 64 lower-case hexadecimal digits.',
  serialize: toSha256,
  parseValue: toSha256,
});
