import { describe, expect, test } from 'vitest'
import type { CalendarDate } from '../../src/domain/calendar.ts'
import type { Obligation } from '../../src/domain/obligation.ts'
import { takenObligation } from '../../src/domain/obligation.ts'
import { Positions } from '../../src/domain/position.ts'
import { billedServices, rebilledObligations } from '../../src/domain/rebilling.ts'
import {
  revenueDue,
  revenueRecognized,
  scheduleByInstant,
  scheduledBefore,
  scheduleRevenue,
  type Spread,
} from '../../src/domain/revenue.ts'
import { money } from '../../src/domain/money.ts'
import { billedLine, cents, fact, finalizedInvoice, firstQuarter, noonOf } from './fact-samples.ts'
import { earningOf, PlayedBooks, promiseOf } from './played-books.ts'
import { transactionOf, written } from './written-entries.ts'

function obligation(amountMinor: number, startsOn: CalendarDate, endsBefore: CalendarDate): Obligation {
  return {
    contractId: 'ctr_1',
    lineId: 'fee',
    family: 'Platform',
    price: cents(amountMinor),
    service: { startsOn, endsBefore },
  }
}

function monthly(promise: Obligation, spread: Spread): string[] {
  return scheduleRevenue(promise, spread).map(({ month, amountMinor }) => `${month} ${amountMinor}`)
}

describe('a price is spread over its service', () => {
  test('by day: 90.00 of a quarter is 31.00, 28.00 and 31.00', () => {
    expect(monthly(obligation(9_000, '2025-01-01', '2025-04-01'), 'by-day')).toEqual([
      '2025-01 3100',
      '2025-02 2800',
      '2025-03 3100',
    ])
  })

  test('by day, the start day counts and the end day does not: 15 January to 15 February is 17 and 14 days', () => {
    expect(monthly(obligation(3_100, '2025-01-15', '2025-02-15'), 'by-day')).toEqual([
      '2025-01 1700',
      '2025-02 1400',
    ])
  })

  test('by month: 120,000.00 of a year is twelve times 10,000.00', () => {
    const year = monthly(obligation(12_000_000, '2025-01-01', '2026-01-01'), 'by-month')
    expect(new Set(year.map((line) => line.slice(8)))).toEqual(new Set(['1000000']))
  })

  test('by month, a part of a month has its share by days: 17 of 31, then 11 months, then 14 of 31', () => {
    const year = monthly(obligation(1_200_000, '2025-01-15', '2026-01-15'), 'by-month')
    expect([year[0], year[1], year[11], year[12]]).toEqual([
      '2025-01 54839',
      '2025-02 100000',
      '2025-12 100000',
      '2026-01 45161',
    ])
  })

  test('by month in a leap year: February has 29 days and still the same', () => {
    expect(monthly(obligation(30_000, '2024-01-01', '2024-04-01'), 'by-month')).toEqual([
      '2024-01 10000',
      '2024-02 10000',
      '2024-03 10000',
    ])
    expect(monthly(obligation(9_100, '2024-01-01', '2024-04-01'), 'by-day')[1]).toBe('2024-02 2900')
  })

  test('in even months: 400.00 from mid August to mid December touches five months, 80.00 each', () => {
    expect(monthly(obligation(40_000, '2025-08-15', '2025-12-15'), 'even-months')).toEqual(
      ['08', '09', '10', '11', '12'].map((month) => `2025-${month} 8000`),
    )
  })

  test('the running total is rounded: 100.00 over three months is 33.33, 33.34 and 33.33', () => {
    expect(
      monthly(obligation(10_000, '2025-07-01', '2025-10-01'), 'even-months').map((line) => line.slice(8)),
    ).toEqual(['3333', '3334', '3333'])
  })

  test('one yen over two months is not lost', () => {
    const yen = { ...obligation(0, '2025-01-01', '2025-03-01'), price: money('JPY', 1n) }
    expect(monthly(yen, 'by-month')).toEqual(['2025-01 1', '2025-02 0'])
  })

  test('service without days is earned on its day, also on the first of a month', () => {
    expect(monthly(obligation(500, '2025-03-01', '2025-03-01'), 'by-day')).toEqual(['2025-03 500'])
    expect(scheduledBefore(obligation(500, '2025-03-01', '2025-03-01'), '2025-03-01', 'by-day')).toBe(0n)
    expect(scheduledBefore(obligation(500, '2025-03-01', '2025-03-01'), '2025-03-02', 'by-month')).toBe(500n)
  })

  test('by the clock: 120.00 from noon to noon, and months end at midnight of the zone', () => {
    const service = { startsAt: new Date('2024-06-15T12:00:00Z'), endsAt: new Date('2024-10-13T12:00:00Z') }
    const amounts = scheduleByInstant(cents(12_000), service, 'UTC').map(({ amountMinor }) => amountMinor)
    expect(amounts).toEqual([1_550n, 3_100n, 3_100n, 3_000n, 1_250n])
    const inNewYork = scheduleByInstant(cents(12_000), service, 'America/New_York')
    expect(inNewYork[0]).toEqual({ month: '2024-06', amountMinor: 1_567n })
  })
})

describe('what was taken off a line is not earned', () => {
  const taken = (takenOn: CalendarDate, services = [firstQuarter]) =>
    takenObligation({ contractId: 'ctr_1', lineId: 'fee', price: cents(5_900), takenOn, services })

  test('on 1 February, 59.00 come off the 59 days that are left', () => {
    expect(taken('2025-02-01')).toMatchObject({
      price: cents(-5_900),
      service: { startsOn: '2025-02-01', endsBefore: '2025-04-01' },
    })
  })

  test('before the service begins, nothing comes off the days before it', () => {
    expect(taken('2024-12-20').service).toEqual(firstQuarter)
  })

  test('after the service has ended it counts at once', () => {
    expect(taken('2025-05-10').service).toEqual({ startsOn: '2025-05-10', endsBefore: '2025-05-10' })
  })

  test('of two services only the one with days left bears it', () => {
    const past = { startsOn: '2025-01-01', endsBefore: '2025-02-01' }
    const future = { startsOn: '2025-04-01', endsBefore: '2025-05-01' }
    expect(taken('2025-02-10', [past, future]).service).toEqual(future)
  })

  test('of a day that is still to come, it counts on that day', () => {
    const day = { startsOn: '2025-12-31', endsBefore: '2025-12-31' }
    expect(taken('2025-02-10', [day]).service).toEqual(day)
  })
})

describe('service that is billed again after a void', () => {
  const first = finalizedInvoice('2025-01-01', [billedLine(cents(9_000))])
  const again = finalizedInvoice('2025-02-01', [billedLine(cents(9_000))], { invoiceId: 'in_2' })
  const voided = fact('invoice-voided', '2025-02-01', { invoiceId: 'in_1' })

  test('is earned again: January at once, then as the days pass; net of the void it is 90.00', () => {
    const books = new PlayedBooks(earningOf(promiseOf(first)), { promised: promiseOf(first) })
    books.tell(first)
    books.closeMonth('2025-01')
    for (const told of [voided, again]) books.tell(told)
    books.closeMonth('2025-02')
    books.closeMonth('2025-03')
    expect(['2025-01', '2025-02', '2025-03'].map((month) => books.balance('revenue', month))).toEqual([
      3_100n,
      5_900n,
      3_100n,
    ])
    expect(books.balance('revenue') - books.balance('refunds-and-credits')).toBe(9_000n)
    expect(books.balance('contract-liability')).toBe(0n)
  })

  const services = (takenOffMinor: bigint, ...invoices: (typeof first)[]) =>
    invoices.flatMap((invoice, index) =>
      billedServices(
        invoice,
        index === 0 ? '2025-01-01' : '2025-02-01',
        new Map([['fee', index === 0 ? takenOffMinor : 0n]]),
      ),
    )

  test('voided and not billed again, nothing is earned again', () => {
    expect(rebilledObligations(promiseOf(first), services(9_000n, first))).toEqual([])
  })

  test('billed twice by mistake, with nothing voided, is not earned twice', () => {
    expect(rebilledObligations(promiseOf(first), services(0n, first, again))).toEqual([])
  })

  test('30.00 credited and 30.00 billed again are 30.00 again: 10.33 for January, 19.67 to come', () => {
    const part = finalizedInvoice('2025-02-01', [billedLine(cents(3_000))])
    expect(rebilledObligations(promiseOf(first), services(3_000n, first, part))).toMatchObject([
      { price: cents(1_033), service: { startsOn: '2025-02-01', endsBefore: '2025-02-01' } },
      { price: cents(1_967), service: { startsOn: '2025-02-01', endsBefore: '2025-04-01' } },
    ])
  })

  test('use, in two tiers of one invoice, is billed again only by another invoice', () => {
    const tiers = [billedLine(cents(400)), billedLine(cents(560), { billedLineId: 'il_2' })]
    const use = finalizedInvoice('2025-01-01', tiers)
    expect(rebilledObligations([], services(960n, use))).toEqual([])
    expect(rebilledObligations([], services(960n, use, use)).map(({ price }) => price)).toEqual([
      cents(331),
      cents(629),
    ])
  })
})

describe('revenue is recognized at a month end', () => {
  const on = {
    entity: 'us',
    month: '2025-01',
    accountingDate: '2025-01-31',
    occurredAt: noonOf('2025-01-31'),
  }
  const line = { contractId: 'ctr_1', lineId: 'fee', family: 'Platform', currency: 'USD' }

  test('what is due is earned less recognized: 31.00, then nothing, and -14.00 where more was taken back', () => {
    const dueOf = (earnedMinor: bigint, recognizedMinor: bigint) =>
      revenueDue([{ ...line, earnedMinor, recognizedMinor }]).map(({ amountMinor }) => amountMinor)
    expect([dueOf(3_100n, 0n), dueOf(3_100n, 3_100n), dueOf(1_700n, 3_100n)]).toEqual([
      [3_100n],
      [],
      [-1_400n],
    ])
  })

  test('out of the liability as far as it reaches, the rest unbilled: 20.00 and 11.00', () => {
    const positions = new Positions()
    positions.bill('ctr_1', 'fee', cents(2_000))
    expect(written(revenueRecognized([{ ...line, amountMinor: 3_100n }], on, positions).entries)).toEqual([
      'debit unbilled-receivable 11.00',
      'debit contract-liability 20.00',
      'credit revenue:Platform 31.00',
    ])
  })

  test('less than nothing goes back: 14.00 off revenue, onto what is owed', () => {
    expect(
      written(revenueRecognized([{ ...line, amountMinor: -1_400n }], on, new Positions()).entries),
    ).toEqual(['credit contract-liability 14.00', 'debit revenue:Platform 14.00'])
  })

  test('one transaction for a contract, month and run; a second run has another key', () => {
    const due = [{ ...line, amountMinor: 1n }]
    expect(revenueRecognized(due, on, new Positions()).factKey).toBe('revenue:ctr_1:2025-01:1')
    expect(revenueRecognized(due, on, new Positions(), 2).factKey).toBe('revenue:ctr_1:2025-01:2')
  })

  test('nothing due, or two contracts at once, is a mistake of the caller', () => {
    expect(() => revenueRecognized([], on, new Positions())).toThrow(RangeError)
    const two = ['ctr_1', 'ctr_2'].map((contractId) => ({ ...line, contractId, amountMinor: 1n }))
    expect(() => revenueRecognized(two, on, new Positions())).toThrow('not for 2')
  })

  test('invoice and payment dates do not change it: billed in January or in April, the months are the same', () => {
    const months = ['2025-01', '2025-02', '2025-03', '2025-04']
    const played = ['2025-01-01', '2025-04-01'].map((day) => {
      const invoice = finalizedInvoice(day, [billedLine(cents(9_000))])
      const books = new PlayedBooks(earningOf(promiseOf(invoice)))
      for (const month of months) {
        if (day.startsWith(month)) transactionOf(books.tell(invoice))
        books.closeMonth(month)
      }
      expect([books.balance('contract-liability'), books.balance('unbilled-receivable')]).toEqual([0n, 0n])
      return months.map((month) => books.balance('revenue', month))
    })
    expect(played).toEqual([
      [3_100n, 2_800n, 3_100n, 0n],
      [3_100n, 2_800n, 3_100n, 0n],
    ])
  })
})
