import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** Where the project is. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

export type Variables = Readonly<Record<string, string>>

/** A process that has ended. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** A process at work, and what it has said so far. */
export type Running = {
  readonly pid: number
  readonly said: () => { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** Waits until stdout holds a text; throws with all it said when it ends before. */
  saying(text: string): Promise<void>
}

/** A folder of a test file's own, which others may enter because PostgreSQL may run as somebody else. */
export function ownFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'tieout-cli-'))
  chmodSync(path, 0o755)
  writeFileSync(join(path, 'no-settings'), '')
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** An environment with nothing of this machine's settings in it: what is not named is not there. */
export function bareVariables(folder: string): Variables {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TIEOUT_ENV_FILE: join(folder, 'no-settings'),
    TIEOUT_DATA_DIR: join(folder, 'data'),
  }
}

/** Starts a program; nobody sits at its terminal. */
export function start(program: string, words: readonly string[], env: Variables, cwd = root): Running {
  const child = spawn(program, [...words], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (text[stream] += chunk))
  }
  const ended = once(child, 'close').then(([code]) => ({ ...text, code: code as number | null }))
  return {
    pid: child.pid ?? 0,
    said: () => ({ ...text }),
    ended,
    kill: (signal) => void child.kill(signal),
    saying: (wanted) => saying(child, () => text, wanted),
  }
}

async function saying(
  child: ChildProcessByStdio<null, Readable, Readable>,
  text: () => { stdout: string; stderr: string },
  wanted: string,
): Promise<void> {
  while (!text().stdout.includes(wanted)) {
    if (child.exitCode !== null) {
      throw new Error(`It ended with ${child.exitCode}.\n${text().stdout}\n${text().stderr}`)
    }
    await Promise.race([once(child.stdout, 'data'), once(child, 'close')])
  }
}

/** Starts `tieout` with the Node the tests run on. */
export function startTieout(words: readonly string[], env: Variables): Running {
  return start(process.execPath, [join(root, 'src/cli/tieout.ts'), ...words], env)
}

/** Runs `tieout` to its end. */
export function tieout(words: readonly string[], env: Variables): Promise<Ended> {
  return startTieout(words, env).ended
}

/** Runs `tieout … --json` and reads its one object; throws when stdout holds anything else. */
export async function tieoutJson(
  words: readonly string[],
  env: Variables,
): Promise<{ code: number | null; ok: boolean; data: never; warnings: string[]; stderr: string }> {
  const { code, stdout, stderr } = await tieout([...words, '--json'], env)
  if (!/^\{.*\}\n$/.test(stdout)) throw new Error(`stdout is not one line of JSON: ${stdout}\n${stderr}`)
  return { code, stderr, ...(JSON.parse(stdout) as { ok: boolean; data: never; warnings: string[] }) }
}

/** Starts the hub of the production entry. */
export function startHub(env: Variables, words: readonly string[] = []): Running {
  return start(process.execPath, [join(root, 'src/main.ts'), ...words], env)
}

/** The lines of a hub's log. */
export function logOf(stdout: string): { level: string; event: string; message?: string; url?: string }[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { level: string; event: string })
}

/** Twins of all vendors in a process of their own, with the variables a hub needs to reach them. */
export type Twins = {
  readonly variables: Variables
  /** What people do in a vendor's product, by the twin's own control. */
  act(vendor: string, control: string, ...given: readonly unknown[]): Promise<unknown>
  stop(): Promise<void>
}

/** Starts the twins on the machine's own time. */
export async function startTwins(hubPort: number, env: Variables): Promise<Twins> {
  const running = startTieout(['fakes', '--json', '--hub-url', `http://127.0.0.1:${hubPort}`], env)
  await running.saying('\n')
  const { data } = JSON.parse(running.said().stdout) as { data: { control: string; environment: Variables } }
  return {
    variables: data.environment,
    act: async (vendor, control, ...given) => {
      const response = await fetch(`${data.control}/act`, {
        method: 'POST',
        body: JSON.stringify({ vendor, control, given }),
      })
      if (!response.ok) throw new Error(await response.text())
      return ((await response.json()) as { result: unknown }).result
    },
    stop: async () => {
      running.kill('SIGTERM')
      await running.ended
    },
  }
}
