import type { Transport } from '../../ports/transport.ts'
import type { FakesControl, SignIns } from './fakes-control.ts'
import type { Vendor } from './fakes.ts'

type State = { urls: Record<Vendor, string>; now: string; signIn: SignIns; nextDueAt: string | null }

/** Controls twins that run in another process; throws Error when that process refuses or is gone. */
export async function remoteControl(url: string, transport: Transport): Promise<FakesControl> {
  const read = async () => (await (await transport(`${url}/state`)).json()) as State
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const response = await transport(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`The twins refused ${path}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const { urls } = await read()
  return {
    urls,
    signIn: async () => (await read()).signIn,
    now: async () => new Date((await read()).now),
    advanceTo: async (instant) => {
      await post('/advance', { to: instant.toISOString() })
    },
    nextDueAt: async () => {
      const { nextDueAt } = await read()
      return nextDueAt === null ? null : new Date(nextDueAt)
    },
    pump: async () => (await post<{ sent: number }>('/pump', {})).sent,
    act: async (vendor, control, ...given) =>
      (await post<{ result: never }>('/act', { vendor, control, given: given.map(written) })).result,
  }
}

function written(value: unknown): unknown {
  return value instanceof Date ? { $instant: value.toISOString() } : value
}
