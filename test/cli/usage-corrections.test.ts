import { afterAll, beforeAll, expect, test } from 'vitest'
import { activateContract, startProvisioning } from '../../src/store/contract-states.ts'
import { sampleTerms, tokenLine } from '../domain/contract-samples.ts'
import { fileFolder } from '../files/written-files.ts'
import { sell } from '../store/sold.ts'
import { after } from '../store/store.ts'
import type { ImportBook } from './import-book.ts'
import { openImportBook } from './import-book.ts'

const folder = fileFolder()
let book: ImportBook
/** A customer who has 10M tokens a month of 2026, and pays 3.20 for a million more. */
let buyer = ''
beforeAll(async () => {
  book = await openImportBook()
  buyer = await book.own.store.unitOfWork(async (unit) => {
    const terms = sampleTerms({ startsOn: '2026-01-01', endsBefore: '2027-01-01', lines: [tokenLine()] })
    const { contractId, subject } = await sell(unit, terms)
    await startProvisioning(unit, contractId)
    await activateContract(unit, contractId, `sub_${contractId}`, after(0))
    return subject
  })
})
afterAll(async () => {
  await book.close()
  folder.remove()
})

const head = 'id,customer,meter,value,time,retracts,replaces\n'
const row = (id: string, value: string, time: string, corrects = ',') =>
  `${id},${buyer},tokens,${value},2026-${time}:00Z,${corrects}\n`

const filler = (count: number) =>
  Array.from({ length: count }, (_, index) => row(`f${index}`, '0', '03-10T10:15')).join('')

test('a backfill of March is previewed as 6.40 on the next invoice, with corrections 1,500 rows after their rows, and the import counts what it said', async () => {
  const file = folder.write(
    'march.csv',
    head +
      row('a', '12000000', '03-10T10:15') +
      row('b', '5', '03-10T10:20') +
      row('c', '1000000', '03-10T11:20') +
      filler(1_500) +
      row('b-', '', '03-12T08:00', 'b,') +
      row('c2', '0', '03-10T11:20', ',c') +
      row('b--', '', '03-12T08:00', 'b,') +
      row('x', '', '03-12T08:00', 'none,'),
  )
  const outcome = {
    refused: 2,
    files: [
      {
        accepted: 1_505,
        duplicates: 0,
        refusals: [
          { line: 1_507, code: 'event-corrected', reason: 'The event b was corrected by b- already.' },
          { line: 1_508, code: 'unknown-event', reason: 'sheet sent no event none.' },
        ],
      },
    ],
  }
  const rehearsed = await book.import(file, { dryRun: true })
  expect(rehearsed.data).toMatchObject({
    ...outcome,
    effect: {
      periods: [
        {
          meter: 'tokens',
          period: { starts_on: '2026-03-01', ends_before: '2026-04-01' },
          billed_by: 'next-invoice',
          quantity_before: '0',
          quantity_after: '12000000',
          amount_before: { amount: '0', currency: 'USD' },
          amount_after: { amount: '640', currency: 'USD' },
          change: { amount: '640', currency: 'USD' },
        },
      ],
      totals: [
        { total: { amount: '640', currency: 'USD' }, on_next_invoices: { amount: '640', currency: 'USD' } },
      ],
    },
  })
  expect(await book.count()).toBe(0)
  expect((await book.import(file)).data).toMatchObject(outcome)
  expect(await book.hours()).toEqual([
    `${buyer} tokens 2026-03-10T10 12000000 of 1501`,
    `${buyer} tokens 2026-03-10T11 0 of 1`,
  ])
})

test('the retraction of 1M of them is previewed as a credit of 3.20, and what nobody sells costs nothing', async () => {
  const file = folder.write(
    'credit.csv',
    head + row('a2', '11000000', '03-10T10:15', ',a') + 'y,acme,tokens,7,2026-03-10T10:15:00Z,,\n',
  )
  const { data, text } = await book.import(file, { dryRun: true })
  expect(data).toMatchObject({
    effect: {
      periods: expect.arrayContaining([
        expect.objectContaining({
          billed_by: 'next-invoice',
          quantity_before: '12000000',
          quantity_after: '11000000',
          change: { amount: '-320', currency: 'USD' },
        }),
        expect.objectContaining({ billed_by: 'nothing', quantity_after: '7', change: null }),
      ]),
      totals: [{ total: { amount: '-320', currency: 'USD' } }],
    },
  })
  expect(text).toMatch(/on the next invoice, as a credit/)
  expect(text).toMatch(/no contract bills it/)
  expect(await book.hours()).toContain(`${buyer} tokens 2026-03-10T10 12000000 of 1501`)
})
