import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents from the committed schema; the result is committed, so that a build needs no generation. */
const config: CodegenConfig = {
  schema: '../../apps/server/schema.graphql',
  documents: ['src/documents.ts'],
  emitLegacyCommonJSImports: false,
  generates: {
    './src/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: { ID: 'string', DateTime: 'string', BigInt: 'string', Sha256: 'string' },
      },
    },
  },
};

export default config;
