import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import type { BenchServer } from './bench-server.ts'
import { usageSender, type UsageSender } from './usage-sender.ts'

/** The route one would write first, in a process and on a database of its own. */
export type PlainRoute = {
  readonly pid: number
  readonly sender: UsageSender
  stop(): Promise<void>
}

/** Starts it. Throws Error when it does not come up. */
export async function startPlainRoute(server: BenchServer): Promise<PlainRoute> {
  const url = await server.database('bench_plain_usage')
  const database = postgres(url, { max: 1, onnotice: () => undefined })
  await database`
    create table plain_usage (source text, id text, request_id uuid, meter text not null, subject text not null,
      occurred_at timestamptz not null, value numeric not null, primary key (source, id))`
  await database.end()
  const program = fileURLToPath(new URL('./plain-route.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], BENCH_DATABASE: url },
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const started = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`The plain route ended with ${code} before it was up`)))
    createInterface({ input: child.stdout }).once('line', (line) =>
      resolve((JSON.parse(line) as { url: string }).url),
    )
  })
  const sender = usageSender(started, '')
  return {
    pid: child.pid ?? 0,
    sender,
    stop: async () => {
      await sender.close()
      child.kill('SIGTERM')
      await ended
    },
  }
}
