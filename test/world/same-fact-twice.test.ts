import { sql } from 'drizzle-orm'
import { afterEach, expect, test } from 'vitest'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import type { InvoicePaid } from '../../src/domain/fact.ts'
import { money } from '../../src/domain/money.ts'
import { bookFacts } from '../../src/jobs/book-facts.ts'
import { balancesByInvoice } from '../../src/store/balances.ts'
import { rowsOf } from '../../src/store/unit-of-work.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

function paid(invoiceId: string, name: string, amountMinor: bigint): InvoicePaid {
  const factKey = `stripe:invoice-payment:${name}`
  const amount = money('USD', amountMinor)
  return { kind: 'invoice-paid', factKey, occurredAt: world.now(), invoiceId, amount, via: 'stripe' }
}

/** Waits until somebody waits for a lock. */
async function somebodyWaits(): Promise<void> {
  for (;;) {
    const waiting = await rowsOf(
      world.hub.context.store.read,
      sql`select 1 from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
    )
    if (waiting.length > 0) return
  }
}

test('a payment of 1,500.00 that two messages tell at once, and one of 500.00 beside it, settle 2,000.00 and leave no credit', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, graniteFee)
  await world.advanceTo(new Date('2026-01-02T15:00:00Z'))
  const { context } = world.hub
  const { store } = context
  const [owed] = await balancesByInvoice(store.read, 'receivable')
  expect(owed?.balance).toEqual(money('USD', 200_000n))
  const first = paid(owed?.invoiceId ?? '', 'first', 150_000n)
  const second = paid(owed?.invoiceId ?? '', 'second', 50_000n)
  const booked = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const one = store.unitOfWork(async (unit) => {
    await bookFacts(unit, [first], context)
    booked.resolve()
    await mayCommit.promise
  })
  await booked.promise
  const other = store.unitOfWork((unit) => bookFacts(unit, [first, second], context))
  await somebodyWaits()
  mayCommit.resolve()
  await one
  expect([...(await other)]).toEqual([
    [first.factKey, { kind: 'known' }],
    [second.factKey, { kind: 'booked' }],
  ])
  expect(await balancesByInvoice(store.read, 'receivable')).toEqual([])
  expect(await balancesByInvoice(store.read, 'customer-credit')).toEqual([])
})
