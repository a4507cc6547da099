import { hourMilliseconds } from '../domain/calendar.ts'
import { Big } from 'big.js'
import { meterRefused } from '../domain/meter-refusal.ts'
import type { Reading } from '../domain/told-usage.ts'
import { hourNamed, judgeSum } from '../domain/told-usage.ts'
import type { CountedHour, MeterReport } from '../ports/billing.ts'
import { loadCustomers, type Customer } from '../store/customers.ts'
import { enqueue } from '../store/enqueue.ts'
import { openIssues } from '../store/exceptions.ts'
import { hoursTold, noteCount, pairsTold, refusedUse, takeBackTold } from '../store/usage-check.ts'
import { pairNamed, pairSubject, type UsagePair } from '../store/usage-due.ts'
import type { Unit } from '../store/unit-of-work.ts'
import { earlierReading, type StoredWindow } from '../store/usage-windows.ts'
import { endingOf } from './ending.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { endItem } from './settle-item.ts'

/** An event is looked at some time after it was sent, so a report can be about what was told before its window began. */
const marginMilliseconds = hourMilliseconds
/** An hour that is being told is looked at again after this long. */
const busyMilliseconds = 600_000

/**
 * Answers the provider's reports of use that it took and could not count. A report names samples, never all of it, so every customer told of
 * that meter in its time is compared with the provider's sums, hour by hour. The subject is a report, or `<report> <customer> <meter>`.
 */
export const checkToldUsage: Job = {
  queue: 'check-told-usage',
  batchSize: 1,
  concurrency: 2,
  async run([item], context) {
    if (!item) return
    const at = item.subject.indexOf(' ')
    const reportId = at < 0 ? item.subject : item.subject.slice(0, at)
    const pair = at < 0 ? null : pairNamed(item.subject.slice(at + 1))
    const read = await context.billing.readMeterReport(reportId)
    const ending =
      read.kind !== 'ok'
        ? endingOf(read, `read the report ${reportId}`, 'Stripe', context.clock.now())
        : pair === null
          ? await askForPairs(reportId, read.value, context)
          : await comparePair(pair, read.value, context)
    await context.store.unitOfWork((unit) => endItem(unit, item, ending, context))
  },
}

/** Those the samples name come first. */
async function askForPairs(reportId: string, report: MeterReport, context: JobContext): Promise<Ending> {
  const named = namedHours(report).map(({ customerId, meter }) => ({ customerId, meter }))
  const meters = new Set(report.meter === null ? named.map(({ meter }) => meter) : [report.meter])
  const told: UsagePair[] = []
  for (const meter of meters) told.push(...(await pairsTold(context.store.read, meter, timeOf(report))))
  const subjects = new Set([...named, ...told].map((pair) => `${reportId} ${pairSubject(pair)}`))
  const work = [...subjects].map((subject) => ({ queue: 'check-told-usage', subject }) as const)
  await context.store.unitOfWork((unit) => enqueue(unit, work, context))
  return done
}

function namedHours({ errors }: MeterReport) {
  return errors.flatMap(({ identifiers }) => identifiers.flatMap((name) => hourNamed(name) ?? []))
}

function timeOf({ from, to }: MeterReport) {
  return { from: new Date(from.getTime() - marginMilliseconds), to }
}

async function comparePair(pair: UsagePair, report: MeterReport, context: JobContext): Promise<Ending> {
  const { store, clock, billing } = context
  const [customer] = await loadCustomers(store.read, [pair.customerId])
  if (!customer?.providerCustomerId) return done
  const named = namedHours(report).filter((hour) => pairSubject(hour) === pairSubject(pair))
  const windows = await hoursTold(
    store.read,
    pair,
    timeOf(report),
    named.map(({ startsAt }) => startsAt),
  )
  const [first, last] = [windows[0], windows.at(-1)]
  if (first === undefined || last === undefined) return done
  const end = new Date(last.startsAt.getTime() + hourMilliseconds)
  const counted = await billing.meterHours(pair.meter, customer.providerCustomerId, first.startsAt, end)
  if (counted.kind !== 'ok')
    return endingOf(counted, `read what was counted of ${pair.meter}`, 'Stripe', clock.now())
  return settleHours(windows, counted.value, { customer, report }, context)
}

type About = { readonly customer: Customer; readonly report: MeterReport }

/** Hours that stay short wait for a person; those that may still move, or are being told, are looked at again. */
async function settleHours(
  windows: readonly StoredWindow[],
  counted: readonly CountedHour[],
  about: About,
  { store, clock }: JobContext,
): Promise<Ending> {
  const at = clock.now()
  const sums = new Map(counted.map(({ startsAt, quantity }) => [startsAt.getTime(), quantity]))
  const settled = await store.unitOfWork(async (unit) => {
    const hours: Settled[] = []
    for (const window of windows) {
      const quantity = sums.get(window.startsAt.getTime()) ?? '0'
      hours.push(await settleHour(unit, window, { quantity, at }))
    }
    if (hours.some(({ kind }) => kind === 'short')) await raise(unit, about, windows[0] as UsagePair, at)
    return hours
  })
  const waits = settled.flatMap((hour) => (hour.kind === 'waits' ? [hour.until.getTime()] : []))
  if (waits.length === 0) return done
  return { kind: 'snooze', until: new Date(Math.min(...waits)), why: 'waits for the sums to stand still' }
}

type Settled = { readonly kind: 'right' | 'short' } | { readonly kind: 'waits'; readonly until: Date }

/** What is more than was told, also of what is below zero, is not a refusal, and is left to the tie-out. */
async function settleHour(unit: Unit, window: StoredWindow, reading: Reading): Promise<Settled> {
  if (window.sendingRevision !== null)
    return { kind: 'waits', until: new Date(reading.at.getTime() + busyMilliseconds) }
  if (window.reportedRevision === 0) return { kind: 'right' }
  const verdict = judgeSum(window.reportedQuantity, reading, earlierReading(window))
  if (verdict.kind === 'moving') {
    await noteCount(unit, window, verdict.since)
    return { kind: 'waits', until: verdict.until }
  }
  if (verdict.kind === 'complete' || isMore(window.reportedQuantity, verdict.quantity))
    return { kind: 'right' }
  return { kind: (await takeBackTold(unit, window, reading.quantity)) ? 'short' : 'right' }
}

function isMore(told: string, missing: string): boolean {
  return new Big(told).lt(0) ? new Big(missing).gt(0) : new Big(missing).lt(0)
}

/** One exception for a customer and meter, by the reasons of the samples that name it, or else by all of them. */
async function raise(unit: Unit, { customer, report }: About, pair: UsagePair, at: Date): Promise<void> {
  const ours = report.errors.filter(({ identifiers }) =>
    identifiers.some((name) => hourNamed(name)?.customerId === pair.customerId),
  )
  const codes = (ours.length > 0 ? ours : report.errors).map(({ code }) => code)
  const refused = await refusedUse(unit, pair)
  const subject = {
    queue: 'report-usage',
    subjectKind: 'told-usage',
    subject: pairSubject(pair),
    caseId: null,
  }
  const issue = meterRefused({ customer: customer.name, meter: pair.meter, codes, ...refused })
  await openIssues(unit, subject, [issue], at)
}
