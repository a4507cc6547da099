import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import packageJson from '../../package.json' with { type: 'json' }
import type { Variables } from '../../src/cli/settings.ts'

/** The hub as `npm start` runs it, in a process of its own. */
export type HubProcess = {
  readonly url: string
  readonly pid: number
  /** What it logged of trouble: a fast hub that fails is no result. */
  readonly troubles: readonly string[]
  stop(): Promise<void>
}

type LogLine = { readonly level: string; readonly event: string; readonly url?: string }

/** What `npm start` gives Node. */
const startFlags = packageJson.scripts.start.split(' ').filter((word) => word.startsWith('--'))

/** Starts a hub with these variables and nothing else of the environment but the path. Throws Error when it does not come up. */
export async function startHubProcess(variables: Variables): Promise<HubProcess> {
  const child = spawn(
    process.execPath,
    [...startFlags, ...process.execArgv, fileURLToPath(new URL('../../src/main.ts', import.meta.url))],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], ...variables } },
  )
  const troubles: string[] = []
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`The hub ended with ${code} before it was up`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { level, event, url: started } = JSON.parse(line) as LogLine
      if (level !== 'info') troubles.push(line)
      if (event === 'started' && started !== undefined) resolve(started)
    })
  })
  return {
    url,
    pid: child.pid ?? 0,
    troubles,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
