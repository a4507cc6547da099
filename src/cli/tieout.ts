import { createProgram } from './commands/program.ts'

// Whoever reads may have read enough: `tieout deals list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
})

await (await createProgram(process.argv.slice(2))).run()
