import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Recovery kills real processes at a dozen points and takes minutes: npm run test:recovery.
    exclude: ['test/recovery/**', '**/node_modules/**'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Many tests wait for a database or another process, so two at once pay off also on two cores.
    maxWorkers: 2,
    typecheck: { enabled: false },
  },
})
