import type { Clock } from '../../ports/clock.ts'
import { countDealsByState } from '../../store/deals.ts'
import * as gauges from '../../store/gauges.ts'
import type { Reading } from '../../store/gauges.ts'
import { countJournals } from '../../store/journals.ts'
import { latestRuns } from '../../store/reconciliation.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import { workByQueue } from '../../store/work-overview.ts'
import { nextDueAt } from '../../store/work.ts'
import { exposition, type Family } from './exposition.ts'

/** Everything the hub tells Prometheus, read from the tables at this moment. */
export async function metricsText(reader: Reader, clock: Clock): Promise<string> {
  const now = clock.now()
  const families = await Promise.all([
    dealFamilies(reader),
    exceptionFamilies(reader),
    workFamilies(reader, now),
    operationFamilies(reader),
    inboxFamilies(reader, now),
    bookFamilies(reader),
    reconciliationFamilies(reader, now),
  ])
  return exposition(families.flat())
}

function gauge(name: string, help: string, readings: readonly Reading[]): Family {
  return { name: `tieout_${name}`, type: 'gauge', help, readings }
}

function one(value: number | string, labels: Reading['labels'] = {}): Reading {
  return { labels, value: String(value) }
}

async function dealFamilies(reader: Reader): Promise<Family[]> {
  const [states, activation] = await Promise.all([countDealsByState(reader), gauges.activationTotals(reader)])
  return [
    gauge(
      'deals_state',
      'Deals by the state they are in.',
      states.map(({ state, count }) => one(count, { state })),
    ),
    {
      name: 'tieout_deal_activation_seconds',
      type: 'summary',
      help: 'Seconds from seeing a deal to having set up its billing.',
      readings: [one(activation.seconds, { part: 'sum' }), one(activation.count, { part: 'count' })],
    },
  ]
}

async function exceptionFamilies(reader: Reader): Promise<Family[]> {
  const [open, money] = await Promise.all([gauges.openExceptions(reader), gauges.blockedMoney(reader)])
  return [
    gauge('exceptions_open', 'Exceptions that wait for a person, by code.', open),
    gauge('exception_money_blocked_minor_units', 'Money that waits for them, in minor units.', money),
  ]
}

async function workFamilies(reader: Reader, now: Date): Promise<Family[]> {
  const [items, due] = await Promise.all([workByQueue(reader), nextDueAt(reader)])
  return [
    gauge(
      'work_items',
      'Pieces of work by queue and state.',
      items.map(({ queue, state, count }) => one(count, { queue, state })),
    ),
    gauge('work_lag_seconds', 'How long the oldest due piece of work has waited.', [
      one(secondsSince(due, now)),
    ]),
  ]
}

async function operationFamilies(reader: Reader): Promise<Family[]> {
  const unsettled = await gauges.unsettledOperations(reader)
  const unknown = unsettled.filter(({ labels }) => labels['state'] === 'unknown')
  return [
    gauge('provider_unsettled_ops', 'Calls to vendors that have not come to rest, by state.', unsettled),
    gauge(
      'provider_unknown_ops',
      'Calls of which we do not know whether they happened.',
      unknown.map(({ labels, value }) => one(value, { provider: labels['provider'] ?? '' })),
    ),
  ]
}

async function inboxFamilies(reader: Reader, now: Date): Promise<Family[]> {
  const [waiting, oldest] = await Promise.all([
    gauges.waitingMessagesByProvider(reader),
    gauges.oldestWaitingMessage(reader),
  ])
  return [
    gauge('inbox_waiting', 'Messages nobody has dealt with.', waiting),
    gauge('inbox_lag_seconds', 'How long the oldest of them has waited.', [one(secondsSince(oldest, now))]),
  ]
}

async function bookFamilies(reader: Reader): Promise<Family[]> {
  const [transactions, months, journals] = await Promise.all([
    gauges.ledgerTransactions(reader),
    gauges.monthsByState(reader),
    countJournals(reader),
  ])
  return [
    {
      name: 'tieout_ledger_transactions_total',
      type: 'counter',
      help: 'Ledger transactions by the rule that made them.',
      readings: transactions,
    },
    gauge('months', 'Months of the books by entity and state.', months),
    gauge(
      'journals',
      'Journals for the ERP by state.',
      journals.map(({ state, count }) => one(count, { state })),
    ),
  ]
}

async function reconciliationFamilies(reader: Reader, now: Date): Promise<Family[]> {
  const runs = await latestRuns(reader)
  const finished = runs.filter(({ state }) => state === 'finished')
  return [
    gauge(
      'recon_differences',
      'Differences the latest comparison of two books found.',
      finished.map(({ checkName, differenceCount }) => one(differenceCount, { recon: checkName })),
    ),
    gauge(
      'recon_age_seconds',
      'How long ago two books were compared.',
      finished.map(({ checkName, finishedAt }) => one(secondsSince(finishedAt, now), { recon: checkName })),
    ),
  ]
}

function secondsSince(instant: Date | null, now: Date): number {
  return instant === null ? 0 : Math.max(0, Math.round((now.getTime() - instant.getTime()) / 1_000))
}
