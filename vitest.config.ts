import { defineConfig } from 'vitest/config';

/** Unit tests beside the sources; packages are resolved to their TypeScript sources, no build needed. */
export default defineConfig({
  resolve: { conditions: ['swm-source'], alias: { graphql: 'graphql/index.js' } },
  ssr: { resolve: { conditions: ['swm-source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'apps/web/lib/**/*.test.ts',
      'apps/web/components/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    testTimeout: 30_000,
  },
});
