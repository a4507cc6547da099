/**
 * Loaded before the hub (`node --import`): listens to it from the inside and writes what was seen to the file that
 * BENCH_OBSERVATION names when the process ends. The hub itself knows nothing of it.
 */
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { observe, observed } from './observation.ts'

const counted = new URL('./counted-postgres.ts', import.meta.url).href

// The store alone gets the counted driver; everybody else, also the counted driver itself, gets the real one.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'postgres' && context.parentURL?.endsWith('/src/store/unit-of-work.ts') === true
      ? { url: counted, shortCircuit: true }
      : next(specifier, context),
})

observe()
process.on('exit', () => {
  const file = process.env['BENCH_OBSERVATION']
  if (file !== undefined) writeFileSync(file, JSON.stringify(observed()))
})
