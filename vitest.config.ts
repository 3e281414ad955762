import { defineConfig } from 'vitest/config';

// The packages run from their sources, so no test waits for a build of them.
const conditions = ['@vorab/source', 'module', 'node', 'development|production'];

/** One project a kind of test; `npx vitest run --project unit` runs one alone. */
const project = (name: string, include: string, testTimeout: number) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { name, include: [include], testTimeout, hookTimeout: testTimeout },
});

export default defineConfig({
  test: {
    pool: 'forks',
    // Its own choice leaves one core idle, which of two is half.
    maxWorkers: '100%',
    passWithNoTests: true,
    projects: [
      project('unit', 'packages/*/src/**/*.test.ts', 10_000),
      project('conformance', 'test/conformance/**/*.test.ts', 120_000),
      project('gradients', 'test/gradients/**/*.test.ts', 60_000),
      project('transforms', 'test/transforms/**/*.test.ts', 60_000),
      project('golden', 'test/golden/**/*.test.ts', 30_000),
      project('e2e', 'test/e2e/**/*.test.ts', 300_000),
      project('faults', 'test/faults/**/*.test.ts', 120_000),
    ],
  },
});
