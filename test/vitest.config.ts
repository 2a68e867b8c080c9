import { defineConfig } from 'vitest/config';

/** Slow tests that cross packages (golden, integration, e2e): one file at a time, they start real processes. */
export default defineConfig({
  resolve: { conditions: ['swm-source'], alias: { graphql: 'graphql/index.js' } },
  ssr: { resolve: { conditions: ['swm-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/stop-test-database.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
