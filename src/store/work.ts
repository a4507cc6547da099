import { and, eq, sql, type SQL } from 'drizzle-orm'
import { among, inputRows } from './json.ts'
import { workItem } from './schema.ts'
import { rowsOf, StaleFenceError, type Reader, type Unit } from './unit-of-work.ts'

/** Work to be done. Items with one `orderKey` in a queue are done one after the other, in the order they came. */
export type WorkRequest = {
  readonly queue: string
  readonly subject: string
  readonly dueAt: Date
  readonly orderKey?: string | null
}

/** A claimed item. `fence` proves that the claim is the latest; `attempt` counts from 1. */
export type WorkItem = {
  readonly queue: string
  readonly subject: string
  readonly orderKey: string | null
  readonly attempt: number
  readonly fence: number
  /** Why the attempt before failed. */
  readonly lastError: string | null
}

export type Claim = {
  /** How many items at most. */
  readonly limit: number
  readonly now: Date
  /** Until when the items are ours; after that anybody may claim them, and this attempt counts. */
  readonly leaseUntil: Date
  /** Only these subjects, when given. */
  readonly subjects?: readonly string[]
}

/**
 * Says that work must be done; bulk. Ready work becomes due at the earlier time, parked work is ready again and starts counting
 * attempts anew, running work is done once more afterwards, because the run may have read what came before.
 */
export async function enqueue(unit: Unit, requests: readonly WorkRequest[], now: Date): Promise<void> {
  if (requests.length === 0) return
  const rows = earliestOfEach(requests).map(({ queue, subject, dueAt, orderKey }) => ({
    queue,
    subject,
    due_at: dueAt,
    order_key: orderKey ?? null,
  }))
  // Sorted, so that two bulks about the same items wait for each other instead of for ever.
  await unit.tx.execute(sql`
    insert into work_item as held (queue, subject, order_key, due_at, enqueued_at)
    select queue, subject, order_key, due_at, ${now.toISOString()}::timestamptz
    from ${inputRows(rows, 'queue text, subject text, order_key text, due_at timestamptz')}
    order by queue, subject
    on conflict (queue, subject) do update set
      state = case held.state when 'parked' then 'ready' else held.state end,
      seq = case held.state when 'parked' then nextval('work_seq') else held.seq end,
      attempt = case held.state when 'parked' then 0 else held.attempt end,
      last_error = case held.state when 'parked' then null else held.last_error end,
      due_at = case held.state
        when 'ready' then least(held.due_at, excluded.due_at)
        when 'parked' then excluded.due_at
        else held.due_at end,
      again_at = case held.state when 'running' then least(held.again_at, excluded.due_at) end`)
}

function earliestOfEach(requests: readonly WorkRequest[]): WorkRequest[] {
  const earliest = new Map<string, WorkRequest>()
  for (const request of requests) {
    const key = JSON.stringify([request.queue, request.subject])
    const known = earliest.get(key)
    if (known === undefined || request.dueAt < known.dueAt) earliest.set(key, request)
  }
  return [...earliest.values()]
}

/**
 * Takes due items of a queue, earliest first. Never gives an item while an earlier one with the same order key is ready or
 * running; items another runner is taking at the same moment are passed over.
 */
export async function claim(unit: Unit, queue: string, wanted: Claim): Promise<WorkItem[]> {
  // One claim at a time sees what the one before took; else two could begin with two items of one order key.
  await unit.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`claim ${queue}`}, 0))`)
  const rows = await rowsOf<ClaimedRow>(unit, claimStatement(queue, wanted))
  return rows
    .sort((left, right) => Number(left.seq) - Number(right.seq))
    .map((row) => ({
      queue,
      subject: row.subject,
      orderKey: row.order_key,
      attempt: row.attempt,
      fence: Number(row.fence),
      lastError: row.last_error,
    }))
}

type ClaimedRow = {
  subject: string
  order_key: string | null
  attempt: number
  fence: string
  seq: string
  last_error: string | null
}

function claimStatement(queue: string, { limit, now, leaseUntil, subjects }: Claim): SQL {
  const wanted = subjects === undefined ? sql`` : sql`and item.subject in ${among(subjects)}`
  return sql`
    with claimable as materialized (
      select item.subject from work_item item
      where item.queue = ${queue} and item.state <> 'parked'
        and item.subject in (
          select subject from (
            (${claimableItems(now, sql`item.queue = ${queue} ${wanted}`, 'ready', limit)})
            union all
            (${claimableItems(now, sql`item.queue = ${queue} ${wanted}`, 'running', limit)})
          ) as candidate
          order by due_at, seq limit ${limit}
        )
      for update skip locked
    )
    update work_item item
    set state = 'running', attempt = attempt + 1, fence = nextval('work_fence'),
        lease_until = ${leaseUntil.toISOString()}::timestamptz, again_at = null
    from claimable
    where item.queue = ${queue} and item.subject = claimable.subject
    returning item.subject, item.order_key, item.attempt, item.fence, item.seq, item.last_error`
}

/** Items that are due and ready, or (`running`) left by a runner that died; read from one index each, never from all items. */
function claimableItems(now: Date, where: SQL, state: 'ready' | 'running', limit: number): SQL {
  const at = sql`${now.toISOString()}::timestamptz`
  const from = state === 'ready' ? sql`item.due_at` : sql`item.lease_until`
  return sql`
    select item.queue, item.subject, item.due_at, item.seq from work_item item
    where ${where} and item.state = ${sql.raw(`'${state}'`)} and ${from} <= ${at}
      and (item.order_key is null or not exists (${blocking(sql`earlier.lease_until > ${at}`)}))
    order by ${from}, item.seq limit ${limit}`
}

/**
 * What keeps an item back: of its order key something earlier that is unfinished, or something that is at work, because an item may
 * become visible after a later one has begun.
 */
function blocking(atWork: SQL): SQL {
  return sql`
    select from work_item earlier
    where earlier.queue = item.queue and earlier.order_key = item.order_key and earlier.state <> 'parked'
      and earlier.subject <> item.subject and (earlier.seq < item.seq or ${atWork})`
}

type Handle = Pick<WorkItem, 'queue' | 'subject' | 'fence'>

/**
 * Ends items that are done: they vanish, or become ready when they were asked for again meanwhile. Throws StaleFenceError when
 * somebody else has claimed one of them.
 */
export async function finish(unit: Unit, items: readonly Handle[]): Promise<void> {
  if (items.length === 0) return
  const [ended] = await rowsOf<{ count: string }>(
    unit,
    sql`
    with input as (select * from ${inputRows(handles(items), 'queue text, subject text, fence bigint')}),
    gone as (
      delete from work_item item using input
      where item.queue = input.queue and item.subject = input.subject and item.fence = input.fence
        and item.state = 'running' and item.again_at is null
      returning 1
    ),
    repeated as (
      update work_item item
      set state = 'ready', due_at = item.again_at, again_at = null, lease_until = null, attempt = 0, last_error = null,
          seq = nextval('work_seq')
      from input
      where item.queue = input.queue and item.subject = input.subject and item.fence = input.fence
        and item.state = 'running' and item.again_at is not null
      returning 1
    )
    select (select count(*) from gone) + (select count(*) from repeated) as count`,
  )
  if (Number(ended?.count) !== items.length) throw staleFence(items)
}

function handles(items: readonly Handle[]): Record<string, unknown>[] {
  return items.map(({ queue, subject, fence }) => ({ queue, subject, fence }))
}

function staleFence(items: readonly Handle[]): StaleFenceError {
  const names = items.map((item) => `${item.queue} ${item.subject}`).join(', ')
  return new StaleFenceError(`Another runner has taken over at least one of: ${names}`)
}

/** Puts an item off until `dueAt` without using an attempt. Throws StaleFenceError when the claim is lost. */
export async function snooze(unit: Unit, item: Handle, dueAt: Date): Promise<void> {
  await release(unit, item, sql`state = 'ready', attempt = attempt - 1, ${due(dueAt)}`)
}

/** Lets an item be tried again at `dueAt`; the attempt counts. Throws StaleFenceError when the claim is lost. */
export async function retryLater(unit: Unit, item: Handle, dueAt: Date, error: string): Promise<void> {
  await release(unit, item, sql`state = 'ready', last_error = ${error}, ${due(dueAt)}`)
}

/**
 * Sets an item aside for a person, until it is enqueued again; one that was asked for again meanwhile is ready at once.
 * Throws StaleFenceError when the claim is lost.
 */
export async function park(unit: Unit, item: Handle, error: string): Promise<void> {
  await release(
    unit,
    item,
    sql`state = case when again_at is null then 'parked' else 'ready' end,
        attempt = case when again_at is null then attempt else 0 end,
        seq = case when again_at is null then seq else nextval('work_seq') end,
        due_at = coalesce(again_at, due_at), last_error = ${error}`,
  )
}

/** Keeps a claim for longer. Throws StaleFenceError when it is lost. */
export async function extendLease(unit: Unit, item: Handle, leaseUntil: Date): Promise<void> {
  const kept = await unit.tx
    .update(workItem)
    .set({ leaseUntil })
    .where(held(item))
    .returning({ subject: workItem.subject })
  if (kept.length === 0) throw staleFence([item])
}

/** Whoever asks again meanwhile is not made to wait for a later date. */
function due(dueAt: Date): SQL {
  return sql`due_at = least(again_at, ${dueAt.toISOString()}::timestamptz)`
}

async function release(unit: Unit, item: Handle, change: SQL): Promise<void> {
  const released = await rowsOf(
    unit,
    sql`update ${workItem} set ${change}, lease_until = null, again_at = null where ${held(item)} returning 1`,
  )
  if (released.length === 0) throw staleFence([item])
}

function held(item: Handle): SQL | undefined {
  return and(
    eq(workItem.queue, item.queue),
    eq(workItem.subject, item.subject),
    eq(workItem.fence, item.fence),
    eq(workItem.state, 'running'),
  )
}

/** Queues with at least one item that can be claimed now. */
export async function dueQueues(reader: Reader, now: Date): Promise<string[]> {
  const isQueue = sql`item.queue = held.queue`
  const rows = await rowsOf<{ queue: string }>(
    reader,
    sql`
    select queue from (select distinct queue from work_item where state <> 'parked') as held
    where exists (${claimableItems(now, isQueue, 'ready', 1)}) or exists (${claimableItems(now, isQueue, 'running', 1)})
    order by queue`,
  )
  return rows.map((row) => row.queue)
}

/**
 * When something next becomes claimable: the earliest due time of an item that nothing keeps back, or the earliest end of a lease; null
 * when nothing waits. It lies in the past when something can be claimed already.
 */
export async function nextDueAt(reader: Reader): Promise<Date | null> {
  const [row] = await rowsOf<{ at: string | null }>(
    reader,
    sql`
    select least(
      (select due_at from work_item item
        where state = 'ready' and (order_key is null or not exists (${blocking(sql`earlier.state = 'running'`)}))
        order by due_at limit 1),
      (select min(lease_until) from work_item where state = 'running')
    ) as at`,
  )
  return row === undefined || row.at === null ? null : new Date(row.at)
}
