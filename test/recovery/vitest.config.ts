import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

const { exclude: _exclude, ...test } = base.test ?? {}

export default mergeConfig(defineConfig({ test }), {
  test: { include: ['test/recovery/**/*.test.ts'], maxConcurrency: 2 },
})
