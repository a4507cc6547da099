import { Big } from 'big.js'
import type { BooksEntity } from '../domain/books.ts'
import { entityOf } from '../domain/books.ts'
import type { CalendarDate, Month } from '../domain/calendar.ts'
import { addDays, firstDayOf, lastDayOf, nextMonth, startOfDay } from '../domain/calendar.ts'
import type { ContractVersion } from '../domain/contract.ts'
import type { EarnedLine } from '../domain/earned.ts'
import { earnedBefore, stretchKey, usageStretches } from '../domain/earned.ts'
import { useRange } from '../domain/use-range.ts'
import type { LedgerTransaction } from '../domain/ledger.ts'
import type { Positions } from '../domain/position.ts'
import type { DueLine, LineProgress } from '../domain/revenue.ts'
import { revenueDue, revenueRecognized } from '../domain/revenue.ts'
import { balancesByContractLine } from '../store/balances.ts'
import { lockContracts, recognitionRuns } from '../store/book-lookup.ts'
import type { StoredContract } from '../store/contracts.ts'
import { contractsOfEntity } from '../store/contracts.ts'
import { countUsage } from '../store/count-usage.ts'
import { enqueue } from '../store/enqueue.ts'
import { resolveDone } from '../store/exceptions.ts'
import { appendTransactions } from '../store/ledger.ts'
import { closeMonth, startClosing } from '../store/months.ts'
import type { Reader, Unit } from '../store/unit-of-work.ts'
import { usageSince } from '../store/usage-known.ts'
import { usageOfRanges } from '../store/usage-windows.ts'
import type { WorkItem } from '../store/work.ts'
import { positionsOf } from './book-facts.ts'
import type { InvoiceChanges } from './invoice-changes.ts'
import { changedObligations, changesByContract } from './invoice-changes.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { snooze } from './ending.ts'
import { endItem } from './settle-item.ts'

/**
 * Stage 6: recognizes what was earned by the end of a month, then closes and seals the month. The subject is `<entity>:<month>`. Stopped in
 * the middle it goes on where it was: what is booked is no longer due.
 */
export const recognizeRevenue: Job = {
  queue: 'recognize-revenue',
  batchSize: 1,
  concurrency: 2,
  async run([item], context) {
    if (!item) return
    const [entityId = '', month = ''] = item.subject.split(':')
    const entity = entityOf(context.books, entityId)
    if (entity === null) throw new Error(`The books have no entity ${entityId}`)
    const ending = await close(entity, month, context)
    await end(item, ending, entity, month, context)
  },
}

async function close(entity: BooksEntity, month: Month, context: JobContext): Promise<Ending> {
  const { store, clock } = context
  const endsAt = startOfDay(entity.timeZone, firstDayOf(nextMonth(month)))
  if (clock.now() < endsAt) return { kind: 'snooze', until: endsAt, why: `${month} has not ended` }
  const started = await store.unitOfWork((unit) => startClosing(unit, entity.id, month))
  if (!started.ok) {
    if (started.error.state === 'closed') return done
    return snooze(clock.now(), 60_000, `${started.error.earlierOpen} must be closed first`)
  }
  await countUsage(store, context)
  const changes = await changesByContract(store.read, entity.id)
  for await (const page of contractsOfEntity(store.read, entity.id)) {
    const begun = page.filter(({ startsOn }) => startsOn <= lastDayOf(month))
    if (begun.length === 0) continue
    await store.unitOfWork((unit) => recognizePage(unit, begun, { entity, month, changes }, context))
    context.checkpoint('recognition-between-batches')
  }
  return done
}

type Closing = {
  readonly entity: BooksEntity
  readonly month: Month
  readonly changes: ReadonlyMap<string, InvoiceChanges>
}

/** Books what a page of contracts earned by the end of the month, and nets what the next month then holds twice. */
async function recognizePage(
  unit: Unit,
  page: readonly StoredContract[],
  closing: Closing,
  context: JobContext,
): Promise<void> {
  const ids = page.map(({ contractId }) => contractId)
  await lockContracts(unit, ids)
  const recognized = await recognizedLines(unit, ids)
  const earned = await earnedLines(unit, page, closing)
  const due = new Map(
    earned.map(({ contractId, lines }) => [contractId, revenueDue(lines.map(withRecognized(recognized)))]),
  )
  const now = context.clock.now()
  const monthEnd = { month: closing.month, day: lastDayOf(closing.month) }
  const positions = await positionsOf(unit, ids, closing.month)
  await appendTransactions(unit, await recognitions(unit, due, positions, monthEnd, closing.entity), now)
  const next = nextMonth(closing.month)
  const held = await positionsOf(unit, ids)
  const split = new Map(earned.map(({ contractId, lines }) => [contractId, splitLines(lines, held)]))
  const dayAfter = { month: next, day: firstDayOf(next) }
  await appendTransactions(unit, await recognitions(unit, split, held, dayAfter, closing.entity), now)
}

function withRecognized(recognized: ReadonlyMap<string, bigint>): (line: EarnedLine) => LineProgress {
  return (line) => ({ ...line, recognizedMinor: recognized.get(`${line.contractId} ${line.lineId}`) ?? 0n })
}

/** One transaction for each contract with lines to book, on a day of the books. */
async function recognitions(
  unit: Unit,
  linesByContract: ReadonlyMap<string, readonly DueLine[]>,
  positions: Positions,
  { month, day }: { readonly month: Month; readonly day: CalendarDate },
  entity: BooksEntity,
): Promise<LedgerTransaction[]> {
  const contracts = [...linesByContract].filter(([, lines]) => lines.length > 0)
  const runs = await recognitionRuns(
    unit,
    month,
    contracts.map(([contractId]) => contractId),
  )
  const occurredAt = new Date(startOfDay(entity.timeZone, addDays(day, 1)).getTime() - 1)
  const on = { entity: entity.id, month, accountingDate: day, occurredAt }
  return contracts.map(([contractId, lines]) =>
    revenueRecognized(lines, on, positions, (runs.get(contractId) ?? 0) + 1),
  )
}

/**
 * Lines on which both sides stand open: the invoice of an arrears period was booked before the month it bills was closed. A line
 * is one asset or one liability, never both (ASC 606-10-45-1); recognizing nothing nets them.
 */
function splitLines(lines: readonly EarnedLine[], positions: Positions): DueLine[] {
  return lines
    .filter(({ contractId, lineId, currency }) => positions.isSplit(contractId, lineId, currency))
    .map(({ contractId, lineId, family, currency }) => ({
      contractId,
      lineId,
      family,
      currency,
      amountMinor: 0n,
    }))
}

/** What each line's revenue account has received so far. */
async function recognizedLines(unit: Unit, contractIds: readonly string[]): Promise<Map<string, bigint>> {
  const totals = new Map<string, bigint>()
  for (const { contractId, lineId, balance } of await balancesByContractLine(unit, ['revenue'], {
    contractIds,
  })) {
    const key = `${contractId} ${lineId ?? ''}`
    totals.set(key, (totals.get(key) ?? 0n) - balance.amountMinor)
  }
  return totals
}

async function earnedLines(
  unit: Unit,
  page: readonly StoredContract[],
  { entity, month, changes }: Closing,
): Promise<{ contractId: string; lines: EarnedLine[] }[]> {
  const before = firstDayOf(nextMonth(month))
  const quantities = await quantitiesOf(unit, page, before, entity.timeZone)
  return page.map(({ contractId, version }) => ({
    contractId,
    lines: earnedBefore(
      version,
      before,
      'by-day',
      changedObligations(version, changes.get(contractId)),
      quantities.get(contractId) ?? new Map(),
    ),
  }))
}

/**
 * Quantities of every stretch of use of the contracts, read in one go; days are those of `useRange`. With `knownBy`, without what
 * was received after that.
 */
export async function quantitiesOf(
  reader: Reader,
  contracts: readonly { contractId: string; customerId: string; version: ContractVersion }[],
  before: string,
  zone: string,
  knownBy: Date | null = null,
): Promise<Map<string, Map<string, string>>> {
  const stretches = contracts.flatMap(({ contractId, customerId, version }) =>
    usageStretches(version, before).map((stretch) => ({
      contractId,
      customerId,
      stretch,
      hours: useRange(stretch.line, version.terms, stretch.range, zone),
    })),
  )
  const ranges = stretches.map(({ customerId, stretch: { meter }, hours }) => ({
    customerId,
    meter,
    from: hours.startsAt,
    to: hours.endsAt,
  }))
  const all = await usageOfRanges(reader, ranges)
  const later = knownBy === null ? [] : await usageSince(reader, ranges, knownBy)
  const quantities = all.map((quantity, index) => new Big(quantity).minus(later[index] ?? '0').toFixed())
  const byContract = new Map<string, Map<string, string>>()
  stretches.forEach(({ contractId, stretch }, index) => {
    const held = byContract.get(contractId) ?? new Map<string, string>()
    byContract.set(contractId, held.set(stretchKey(stretch), quantities[index] ?? '0'))
  })
  return byContract
}

/** The month is closed in the unit that asks for its journals. */
async function end(
  item: WorkItem,
  ending: Ending,
  entity: BooksEntity,
  month: Month,
  context: JobContext,
): Promise<void> {
  await context.store.unitOfWork(async (unit) => {
    if (ending.kind === 'done') {
      await resolveDone(unit, item.queue, [item.subject], context.clock.now())
      await closeMonth(unit, entity.id, month, 'hub', context.clock.now())
      await enqueue(unit, [{ queue: 'post-journal', subject: `${entity.id}:${month}` }], context)
    }
    await endItem(unit, item, ending, context)
  })
}
