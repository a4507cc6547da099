import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { eventsOf, fileFolder, refusalsOf, rowsOf } from './written-files.ts'

const folder = fileFolder()
afterAll(() => folder.remove())

const head = 'id,customer,meter,value,time\n'

test('a row of a spreadsheet is one usage event: 1,200.50 tokens are refused, 1200.50 are 1200.5', async () => {
  const rows = await rowsOf(
    folder.write(
      'sheet.csv',
      `${head}a,acme,tokens,1200.50,2026-03-01T10:15:00Z\nb,acme,tokens,"1,200.50",2026-03-01T10:15:00Z\n`,
    ),
  )
  expect(eventsOf(rows)).toEqual([
    {
      source: 'sheet',
      id: 'a',
      meter: 'tokens',
      subject: 'acme',
      occurredAt: new Date('2026-03-01T10:15:00Z'),
      value: '1200.5',
      properties: {},
    },
  ])
  expect(refusalsOf(rows)).toEqual([
    [
      3,
      'invalid_format',
      'The value must be a decimal of zero or more, with at most 18 digits and 12 decimals.',
    ],
  ])
})

test("Snowflake's large names, its times with +0100 and its packed files are understood; REGION becomes the property region", async () => {
  const unloaded =
    'ACCOUNT_ID,TOKENS,STARTED_AT,REGION\nacme,5,2026-03-01 10:15:00.250 +0100,eu\nacme,6,2026-03-01 10:15:00 Z,\n'
  const rows = await rowsOf(folder.write('data_0_0_0.csv.gz', gzipSync(unloaded)), {
    meter: 'tokens',
    columns: new Map([
      ['customer', 'account_id'],
      ['value', 'TOKENS'],
      ['time', 'STARTED_AT'],
      ['region', 'REGION'],
    ]),
  })
  expect(refusalsOf(rows)).toEqual([])
  expect(eventsOf(rows).map(({ occurredAt, properties }) => [occurredAt.toISOString(), properties])).toEqual([
    ['2026-03-01T09:15:00.250Z', { region: 'eu' }],
    ['2026-03-01T10:15:00.000Z', {}],
  ])
})

test('a time without a zone is refused, and with UTC agreed it is read', async () => {
  const file = folder.write('zone.csv', `${head}a,acme,tokens,1,2026-03-01 10:15\n`)
  expect(refusalsOf(await rowsOf(file))).toEqual([
    [2, 'invalid_format', 'The time must be a time with its zone, such as 2026-01-31T18:00:00Z.'],
  ])
  const [event] = eventsOf(await rowsOf(file, { isUtc: true }))
  expect(event?.occurredAt).toEqual(new Date('2026-03-01T10:15:00Z'))
})

test('of 5 rows the 3 broken ones are refused by line, a note of 2 lines does not shift them, and the 2 others are read', async () => {
  const file = folder.write(
    'broken.csv',
    'id,customer,meter,value,time,note\n' +
      'a,acme,tokens,1,2026-03-01T10:00:00Z,"two\nlines"\n' +
      'b,acme,tokens,1,2026-03-01T10:00:00Z\n' +
      'c,,tokens,1,2026-03-01T10:00:00Z,x\n' +
      '\n' +
      'd,acme,tokens,-1,2026-03-01T10:00:00Z,x\n' +
      'e,acme,tokens,1,2026-03-01T10:00:00Z,x\n',
  )
  const rows = await rowsOf(file)
  expect(refusalsOf(rows).map(([line, code]) => [line, code])).toEqual([
    [4, 'unreadable'],
    [5, 'missing'],
    [7, 'invalid_format'],
  ])
  expect(eventsOf(rows).map(({ id }) => id)).toEqual(['a', 'e'])
  expect(rows.map(({ line }) => line)).toEqual([3, 4, 5, 7, 8])
})

const row = (id: string) => `${id},acme,tokens,1,2026-03-01T10:00:00Z\n`

test.each([
  ['is never closed', 'b,"acme,tokens,1,2026-03-01T10:00:00Z\n', 'A quote is not closed.'],
  ['stands within a name', 'b,ac"me,tokens,1,2026-03-01T10:00:00Z\n', 'A quote stands where none may stand.'],
])(
  'a quote that %s on line 3 of 60,003 is told there, the row before it is read, and nothing is made up after it',
  async (_which, broken, cause) => {
    const after = Array.from({ length: 60_000 }, (_none, index) => row(`r${index}`)).join('')
    const rows = await rowsOf(folder.write('quote.csv', head + row('a') + broken + after))
    expect(eventsOf(rows).map(({ id }) => id)).toEqual(['a'])
    expect(refusalsOf(rows)).toEqual([[3, 'unreadable', `${cause} Nothing from here on was read.`]])
  },
)

test('a packed file that breaks off after 900 bytes is told in a sentence, and not taken for a short one', async () => {
  const whole = gzipSync(head + Array.from({ length: 20_000 }, (_none, index) => row(`r${index}`)).join(''))
  const rows = rowsOf(folder.write('half.csv.gz', whole.subarray(0, 900)))
  await expect(rows).rejects.toThrow('It is packed, and breaks off or is damaged.')
})

test.each([
  ['', 'It is empty: the first line must name the columns.'],
  ['id,id\n1,2\n', 'The first line names the column "id" twice.'],
  [
    'id,account,value,time\n',
    'There is no column for customer, meter. The columns are id, account, value, time. Say which with --columns customer=….',
  ],
])('%j cannot be read: %s', async (content, sentence) => {
  await expect(rowsOf(folder.write('bad.csv', content))).rejects.toThrow(sentence)
})
