import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, tracingChannel } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/** What one queue took. `wallSeconds` is the time in which at least one of its batches was at work. */
export type QueueTimes = {
  batches: number
  items: number
  wallSeconds: number
  /** The times of all its batches added up: more than the time on the wall when several run at once. */
  batchSeconds: number
  statements: number
  transactions: number
  vendorRequests: number
}

/** What was seen of a hub from the inside, from its start to its end. */
export type Observation = {
  readonly queues: Record<string, QueueTimes>
  /** The time in which at least one batch of any queue was at work. */
  readonly workingSeconds: number
  /** Times the hub sent something to the database and waited for the answer, doorbell included. */
  readonly databaseRoundTrips: number
  readonly topStatements: readonly { readonly text: string; readonly count: number }[]
  readonly topVendorRequests: readonly { readonly text: string; readonly count: number }[]
}

type Batch = { readonly queue: string; readonly items: number; startedAt?: number }

/** What is done outside of any batch: claims, sweeps, the door. */
const outside = 'outside batches'

const at = new AsyncLocalStorage<string>()
const queues = new Map<string, QueueTimes>()
const atWork = new Map<string, { count: number; since: number }>()
const statements = new Map<string, number>()
const vendorRequests = new Map<string, number>()
const databasePorts = new Set<number>()
let databaseRoundTrips = 0
const anything = 'any queue'

/** Begins to listen to the hub of this process. Call once, before the hub is loaded. */
export function observe(): void {
  const { start, asyncEnd } = tracingChannel<string, Batch>('tieout:batch')
  start.bindStore(at, ({ queue }) => queue)
  start.subscribe((message) => began(message as Batch))
  asyncEnd.subscribe((message) => ended(message as Batch))
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: { method: string; origin: string; path: string } }
    times(at.getStore()).vendorRequests += 1
    increase(vendorRequests, `${at.getStore() ?? outside}: ${request.method} ${pathPattern(request.path)}`)
  })
  countSocketWrites()
}

/** Answers what was seen so far. */
export function observed(): Observation {
  const { wallSeconds } = times(anything)
  return {
    queues: Object.fromEntries([...queues].filter(([name]) => name !== anything)),
    workingSeconds: wallSeconds,
    databaseRoundTrips,
    topStatements: largest(statements),
    topVendorRequests: largest(vendorRequests),
  }
}

export function countStatement(text: string): void {
  times(at.getStore()).statements += 1
  increase(statements, `${at.getStore() ?? outside}: ${text.replace(/\s+/g, ' ').trim().slice(0, 110)}`)
}

export function countTransaction(): void {
  times(at.getStore()).transactions += 1
}

/** Counts what is sent to a port from now on as round trips to the database. */
export function watchPort(port: number): void {
  databasePorts.add(port)
}

function began(batch: Batch): void {
  batch.startedAt = performance.now()
  for (const name of [batch.queue, anything]) {
    const held = atWork.get(name)
    if (held === undefined || held.count === 0) atWork.set(name, { count: 1, since: batch.startedAt })
    else held.count += 1
  }
}

function ended(batch: Batch): void {
  const now = performance.now()
  const seen = times(batch.queue)
  seen.batches += 1
  seen.items += batch.items
  seen.batchSeconds += (now - (batch.startedAt ?? now)) / 1000
  for (const name of [batch.queue, anything]) {
    const held = atWork.get(name)
    if (held === undefined) continue
    held.count -= 1
    if (held.count === 0) times(name).wallSeconds += (now - held.since) / 1000
  }
}

function times(queue: string = outside): QueueTimes {
  const seen = queues.get(queue) ?? {
    batches: 0,
    items: 0,
    wallSeconds: 0,
    batchSeconds: 0,
    statements: 0,
    transactions: 0,
    vendorRequests: 0,
  }
  queues.set(queue, seen)
  return seen
}

/** Each flight to the database is one write to its socket: the driver gathers what it has to say first. */
function countSocketWrites(): void {
  const isDatabase = new WeakMap<Socket, boolean>()
  const { write } = Socket.prototype
  Socket.prototype.write = function countedWrite(this: Socket, ...given: Parameters<Socket['write']>) {
    const known = isDatabase.get(this) ?? databasePorts.has(this.remotePort ?? 0)
    isDatabase.set(this, known)
    if (known) databaseRoundTrips += 1
    return write.apply(this, given)
  } as Socket['write']
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function largest(counts: ReadonlyMap<string, number>): { text: string; count: number }[] {
  return [...counts]
    .map(([text, count]) => ({ text, count }))
    .sort((left, right) => right.count - left.count)
    .slice(0, 40)
}

/** `/v1/customers/cus_123` and all others like it. */
function pathPattern(path: string): string {
  return (path.split('?')[0] ?? '')
    .split('/')
    .map((part) => (/\d/.test(part) && part.length > 8 ? ':id' : part))
    .join('/')
}
