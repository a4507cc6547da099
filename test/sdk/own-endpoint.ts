import { afterEach } from 'vitest'
import type { Refusal, UsageError, UsageOptions } from '../../src/sdk/tieout-usage.ts'
import { TieoutUsage } from '../../src/sdk/tieout-usage.ts'
import type { Endpoint } from './endpoint.ts'
import { endpointTwin, serveEndpoint } from './endpoint.ts'

/** An endpoint of a test's own with an SDK that sends to it, and what the SDK told. */
export type OwnEndpoint = Endpoint & {
  readonly usage: TieoutUsage
  readonly held: Map<string, string>
  readonly told: { readonly refused: Refusal[]; readonly errors: UsageError[] }
}

export const key = 'tieout_test_usage'

const open: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const { close } of open.splice(0).toReversed()) await close()
})

/** Closes something after the test. */
export function closing<Closeable extends { close(): Promise<unknown> }>(closeable: Closeable): Closeable {
  open.push({ close: () => closeable.close() })
  return closeable
}

/** Serves the twin of the endpoint and opens an SDK on it, with short waits; both are closed after the test. */
export async function ownEndpoint(options: Partial<UsageOptions> = {}): Promise<OwnEndpoint> {
  const { backend, held } = endpointTwin(key)
  const endpoint = closing(await serveEndpoint(backend))
  const told = { refused: [] as Refusal[], errors: [] as UsageError[] }
  const usage = new TieoutUsage({
    url: endpoint.url,
    key,
    source: 'test/gateway',
    onRefused: (refusal) => told.refused.push(refusal),
    onError: (error) => told.errors.push(error),
    ageMilliseconds: 20,
    firstWaitMilliseconds: 5,
    longestWaitMilliseconds: 20,
    closeWithinMilliseconds: 200,
    ...options,
  })
  open.push({ close: () => usage.close() })
  return Object.assign(endpoint, { usage, held, told })
}

/** A use of a customer, exact as it is written. */
export function tokens(value: string | bigint | number, more: { id?: string } = {}) {
  return { meter: 'tokens', customer: 'cus_acme', value, ...more }
}
