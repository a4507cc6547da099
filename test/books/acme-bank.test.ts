import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { monthOf, type Month } from '../../src/domain/calendar.ts'
import { accountName, type AccountKind } from '../../src/domain/chart.ts'
import { draftJournals, type DraftJournal } from '../../src/domain/journal.ts'
import { debitMinor } from '../../src/domain/ledger.ts'
import { add, formatMoney, money, sum } from '../../src/domain/money.ts'
import { acmeBooks, bookMonths, contractMonths, feeOf, ratedTokens } from './acme-life.ts'
import { writeErpJournal, writeTransaction } from './plain-text-accounting.ts'

const { books, facts } = acmeBooks()

const written = books.transactions.map((transaction) => ({
  month: monthOf(transaction.accountingDate),
  text: writeTransaction(transaction, facts.get(transaction.factKey) ?? null),
}))

/** What goes to the ERP for a month; nothing when nothing moved. */
function erpJournals(month: Month): DraftJournal[] {
  const entries = books.transactions
    .filter(({ accountingDate }) => monthOf(accountingDate) === month)
    .flatMap(({ factKey, entries: moved }) =>
      moved.map(({ account, side, amount }) => ({
        transactionId: factKey,
        account,
        side,
        amountMinor: amount.amountMinor,
      })),
    )
  return draftJournals({ entity: 'us', month, currency: 'USD' }, entries, 200)
}

function monthText(month: Month): string {
  const transactions = written.filter((transaction) => transaction.month === month).map(({ text }) => text)
  return [
    `; ---- ${month} ----`,
    ...transactions,
    ...erpJournals(month).map(({ entry }) => writeErpJournal(entry)),
  ].join('\n\n')
}

const heading = `; The books of one contract, Acme Bank, from its first day to the last payout.
; Made from the contract and what Stripe told, by the functions that keep the real books; a test compares this file with them.
; Debits are positive, credits negative. At each month's end stands what of the month goes to the ERP.

commodity 1,000.00 USD`

const journal = `${[heading, ...bookMonths.map(monthText)].join('\n\n')}\n`

describe('the books of Acme Bank', () => {
  test('are the committed journal, line by line', async () => {
    await expect(journal).toMatchFileSnapshot('acme-bank.journal')
  })

  test('13M tokens in January are 3M over 10M: 9.60, and with the fee 50,009.60', () => {
    expect(ratedTokens('2027-01').amount).toEqual(money('USD', 960n))
    expect(add<string>(feeOf('2027-01'), ratedTokens('2027-01').amount)).toEqual(money('USD', 5_000_960n))
    expect(journal).toContain('assets:receivable')
  })

  test('earn 600,000.00 of fees and 168.00 of tokens, all of it billed, paid and in the bank but 60.00 of fees', () => {
    const minor = (kind: AccountKind) => books.balance(kind)
    expect((['revenue', 'bank', 'stripe-fees'] as const).map((kind) => minor(kind))).toEqual([
      60_016_800n,
      60_010_800n,
      6_000n,
    ])
    const tokens = contractMonths.map((month) => ratedTokens(month).amount)
    expect(sum<string>('USD', tokens)).toEqual(money('USD', 16_800n))
  })

  test('end with nothing owed on either side, and nothing left at Stripe', () => {
    const kinds = ['receivable', 'unbilled-receivable', 'contract-liability', 'stripe-clearing'] as const
    expect(kinds.map((kind) => books.balance(kind))).toEqual([0n, 0n, 0n, 0n])
  })

  test('revenue is of the month of the service: NET 60 moves the cash, never the revenue', () => {
    expect(contractMonths.map((month) => books.balance('revenue', month))).toEqual(
      [960n, 0n, 1_920n, 0n, 800n, 320n, 1_280n, 3_200n, 0n, 960n, 2_560n, 4_800n].map(
        (over) => 5_000_000n + over,
      ),
    )
    expect(['2027-01', '2027-02', '2027-03', '2027-04'].map((month) => books.balance('bank', month))).toEqual(
      [0n, 0n, 0n, 5_000_460n],
    )
  })

  test('every journal for the ERP balances, and together they are the ledger', () => {
    const totals = new Map<string, bigint>()
    for (const { entry } of bookMonths.flatMap(erpJournals)) {
      const net = entry.lines.reduce(
        (total, { side, amount }) => total + (side === 'debit' ? amount.amountMinor : -amount.amountMinor),
        0n,
      )
      expect(net).toBe(0n)
      for (const { account, side, amount } of entry.lines) {
        const signed = side === 'debit' ? amount.amountMinor : -amount.amountMinor
        totals.set(accountName(account), (totals.get(accountName(account)) ?? 0n) + signed)
      }
    }
    const ledger = new Map<string, bigint>()
    for (const entry of books.transactions.flatMap(({ entries }) => entries)) {
      ledger.set(
        accountName(entry.account),
        (ledger.get(accountName(entry.account)) ?? 0n) + debitMinor(entry),
      )
    }
    expect(totals).toEqual(ledger)
  })
})

describe('the journal file', () => {
  const committed = readFileSync(fileURLToPath(new URL('acme-bank.journal', import.meta.url)), 'utf8')
  const transactions = committed.split('\n\n').filter((block) => /^\d{4}-\d{2}-\d{2} /.test(block))

  test('has one block for each transaction, and each adds up to nothing as written', () => {
    expect(transactions).toHaveLength(books.transactions.length)
    for (const block of transactions) {
      const amounts = [...block.matchAll(/ (-?[\d,]+\.\d{2}) USD$/gm)].map(([, amount = '']) =>
        BigInt(amount.replace(/[,.]/g, '')),
      )
      expect(amounts.length).toBeGreaterThan(1)
      expect(amounts.reduce((total, minor) => total + minor, 0n)).toBe(0n)
    }
  })

  test('shows the purchase order and the due day on the first invoice', () => {
    const [invoice = ''] = transactions.filter((block) => block.startsWith('2027-02-01 Invoice ACME-0001'))
    expect(invoice).toContain('; PO Number: PO-2027-0042')
    expect(invoice).toContain('; due: 2027-04-02')
    expect(invoice).toContain(formatMoney(money('USD', 5_000_960n)))
  })
})
