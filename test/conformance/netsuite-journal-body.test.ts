import { expect, test } from 'vitest'
import { journalBody } from '../../connectors/netsuite/journal-body.ts'
import { novemberJournal, shippedBooks } from './netsuite-world.ts'
import { created, scripted } from './netsuite-scripted.ts'

const cash = novemberJournal([
  ['bank', 'debit', '1.00'],
  ['revenue', 'credit', '1.00'],
])

test('amounts travel as literals with the decimals of the currency, under the strict name check', async () => {
  const { asked, erp } = scripted(created)
  await erp.postJournal(
    novemberJournal([
      ['receivable', 'debit', '10005534.10'],
      ['revenue', 'credit', '10005534.10'],
    ]),
  )
  expect(asked).toMatchObject([
    {
      method: 'POST',
      path: 'record/v1/journalEntry',
      headers: { 'x-netsuite-propertynamevalidation': 'Error' },
    },
  ])
  expect(asked[0]?.body).toBe(
    '{"externalId":"tieout-us-2026-11-USD-1","subsidiary":{"id":"1"},"currency":{"id":"1"},' +
      '"tranDate":"2026-11-30","memo":"Tieout 2026-11: 3 ledger transactions (tieout-us-2026-11-USD-1)",' +
      '"line":{"items":[' +
      '{"account":{"id":"120"},"debit":10005534.10,"memo":"receivable","entity":{"id":"88"}},' +
      '{"account":{"id":"401"},"credit":10005534.10,"memo":"revenue"}]}}',
  )
})

test('yen are written without decimals, dinars with three', async () => {
  const { asked, erp } = scripted(created, created)
  for (const [currency, amount] of [
    ['JPY', '1200'],
    ['KWD', '0.050'],
  ] as const) {
    const lines = [
      ['bank', 'debit', amount],
      ['revenue', 'credit', amount],
    ] as const
    await erp.postJournal(novemberJournal(lines, { currency }))
  }
  expect(asked.map(({ body }) => /"debit":([^,]+)/.exec(body)?.[1])).toEqual(['1200', '0.050'])
})

test('an amount of sixteen digits is refused, because a double would not keep it', async () => {
  const lines = [
    ['bank', 'debit', '12345678901234.56'],
    ['revenue', 'credit', '12345678901234.56'],
  ] as const
  expect(await scripted().erp.postJournal(novemberJournal(lines))).toMatchObject({
    kind: 'rejected',
    code: 'AMOUNT_RANGE',
    field: 'line.items[0].debit',
  })
})

test('an unmapped account is refused by its line', () => {
  const books = shippedBooks()
  const accounts = books.accounts.filter(({ kind }) => kind !== 'bad-debt')
  const writeOff = novemberJournal([
    ['receivable', 'credit', '5.00'],
    ['bad-debt', 'debit', '5.00'],
  ])
  expect(journalBody(writeOff, books).ok).toBe(true)
  expect(journalBody(writeOff, { ...books, accounts })).toEqual({
    ok: false,
    error: {
      kind: 'rejected',
      code: 'ERP_REFERENCE_INVALID',
      detail: `The books' settings have no NetSuite id for account "bad-debt"`,
      field: 'line.items[1].account',
    },
  })
})

test('a fault of the settings is told before anything is sent', async () => {
  const { asked, erp } = scripted()
  expect(await erp.postJournal({ ...cash, currency: 'SEK', lines: [] }).catch(String)).toContain('two lines')
  const kronor = novemberJournal(
    [
      ['bank', 'debit', '1.00'],
      ['revenue', 'credit', '1.00'],
    ],
    { currency: 'SEK' },
  )
  expect(await erp.postJournal(kronor)).toMatchObject({ code: 'ERP_REFERENCE_INVALID', field: 'currency' })
  expect(asked).toEqual([])
})

test('a memo of 1,200 characters is cut to 999 and ends in a hash of the whole (E8-142)', async () => {
  const { asked, erp } = scripted(created)
  await erp.postJournal(
    novemberJournal(
      cash.lines.map(({ account, side }) => [account, side, '1.00'] as const),
      { memo: 'm'.repeat(1200) },
    ),
  )
  const { memo } = JSON.parse(asked[0]?.body ?? '') as { memo: string }
  expect([memo.length, /^m{980,} #[0-9a-f]{16}$/.test(memo)]).toEqual([999, true])
})

test('201 lines are over the limit of 200', async () => {
  const lines = Array.from({ length: 201 }, () => ['bank', 'debit', '1.00'] as const)
  expect(await scripted().erp.postJournal(novemberJournal(lines))).toMatchObject({
    kind: 'rejected',
    code: 'TOO_MANY_LINES',
    detail: 'A journal of 201 lines is longer than the limit of 200',
  })
})

test('an external id that is not ours, or does not fit a path, is a bug', async () => {
  const { erp } = scripted()
  await expect(erp.findJournal('somebody-else')).rejects.toThrow('not an external id of ours')
  await expect(erp.findJournal('tieout-a|b')).rejects.toThrow('not an external id of ours')
})
