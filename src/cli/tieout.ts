import { Command } from 'commander'
import { ConfigurationError } from '../config.ts'
import { addDemo } from './demo.ts'

const program = new Command('tieout').description(
  'From closed-won deals to booked revenue, and every number ties out.',
)
addDemo(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof ConfigurationError ? 78 : 1
}
