import { defineConfig } from 'vitest/config'
import base from '../vitest.config.ts'

/** Real processes, killed for good: few files, and slow enough to have a command of its own. */
export default defineConfig({
  test: { ...base.test, include: ['test/recovery/**/*.test.ts'], exclude: ['**/node_modules/**'] },
})
