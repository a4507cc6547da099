import { parquetWriteBuffer } from 'hyparquet-writer'
import type { ParquetWriteOptions } from 'hyparquet-writer'
import { afterAll, expect, test } from 'vitest'
import { eventsOf, fileFolder, refusalsOf, rowsOf } from './written-files.ts'

const folder = fileFolder()
afterAll(() => folder.remove())

type Table = Pick<ParquetWriteOptions, 'columnData' | 'schema'>

function written(name: string, table: Table): string {
  return folder.write(name, new Uint8Array(parquetWriteBuffer(table)))
}

const text = (name: string, ...data: string[]) => ({ name, data })
const required = { repetition_type: 'REQUIRED' } as const
const utf8 = (name: string) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', ...required }) as const

/** A table as Snowflake unloads it, with one column for the value. */
function unloaded(value: NonNullable<Table['schema']>[number], data: unknown[]): Table {
  const rows = data.length
  const schema = [
    { name: 'root', num_children: 4 },
    utf8('ID'),
    utf8('CUSTOMER'),
    { ...value, name: 'VALUE', ...required },
    { name: 'TIME', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', ...required } as const,
  ]
  return {
    schema,
    columnData: [
      text('ID', ...Array.from({ length: rows }, (_none, index) => `r${index}`)),
      text('CUSTOMER', ...Array.from({ length: rows }, () => 'acme')),
      { name: 'VALUE', data: data as number[] },
      { name: 'TIME', data: Array.from({ length: rows }, () => 1_772_359_200_123_456n) },
    ],
  }
}

test.each([
  [
    'INT64',
    { type: 'INT64', converted_type: 'DECIMAL', scale: 3, precision: 18 },
    123_456_789_012_345_678n,
    '123456789012345.678',
  ],
  ['INT32', { type: 'INT32', converted_type: 'DECIMAL', scale: 2, precision: 9 }, 5n, '0.05'],
  [
    '16 bytes',
    {
      type: 'FIXED_LEN_BYTE_ARRAY',
      type_length: 16,
      converted_type: 'DECIMAL',
      scale: 12,
      precision: 30,
    },
    999_999_999_999_999_999_999_999_999_999n,
    '999999999999999999.999999999999',
  ],
] as const)('a decimal kept as %s is read exactly: %#', async (_kind, element, stored, expected) => {
  const file = written('decimal.parquet', unloaded({ name: 'VALUE', ...element }, [stored]))
  const rows = await rowsOf(file, { meter: 'tokens' })
  expect(refusalsOf(rows)).toEqual([])
  expect(eventsOf(rows)[0]).toMatchObject({ id: 'r0', subject: 'acme', value: expected })
  expect(eventsOf(rows)[0]?.occurredAt).toEqual(new Date('2026-03-01T10:00:00.123Z'))
})

test('of 3 floating-point numbers the 2 whole ones are read, and 0.1 is refused by its row', async () => {
  const rows = await rowsOf(
    written('double.parquet', unloaded({ name: 'VALUE', type: 'DOUBLE' }, [7, 0.1, 1e15])),
    {
      meter: 'tokens',
    },
  )
  expect(eventsOf(rows).map(({ value }) => value)).toEqual(['7', '1000000000000000'])
  expect(refusalsOf(rows)).toEqual([
    [
      2,
      'unreadable',
      'The column "VALUE" holds a floating-point number that is not whole. Cast it to a decimal or to text.',
    ],
  ])
})

test.each([true, false])(
  '12,000 rows in groups of 5,000 are read in order, with the places of their pages told or not: %s',
  async (offsetIndex) => {
    const { schema, columnData } = unloaded(
      { name: 'VALUE', type: 'INT64' },
      Array.from({ length: 12_000 }, (_none, index) => BigInt(index)),
    )
    const columns = columnData.map((column) => ({ ...column, offsetIndex }))
    const content = parquetWriteBuffer({
      schema: schema ?? [],
      columnData: columns,
      rowGroupSize: 5_000,
      pageSize: 4_096,
    })
    const rows = await rowsOf(folder.write('groups.parquet', new Uint8Array(content)), { meter: 'tokens' })
    expect(eventsOf(rows).map(({ value }) => Number(value))).toEqual(
      Array.from({ length: 12_000 }, (_none, index) => index),
    )
    expect(rows.at(-1)?.line).toBe(12_000)
  },
)

test('a file of 24 bytes that is none is told in a sentence', async () => {
  await expect(rowsOf(folder.write('none.parquet', 'PAR1 is not enough, PAR2'))).rejects.toThrow(
    'It cannot be read as Parquet',
  )
})
