import { afterAll, expect, test } from 'vitest'
import { eventsOf, fileFolder, refusalsOf, rowsOf } from './written-files.ts'

const folder = fileFolder()
afterAll(() => folder.remove())

test('a CloudEvent keeps its own source, a flat row counts under the one that was said, and 0.1000000000000000055 keeps 19 digits', async () => {
  const rows = await rowsOf(
    folder.write(
      'both.ndjson',
      '{"specversion":"1.0","id":"a","source":"gateway","type":"tokens","subject":"acme","time":"2026-03-01T10:00:00Z","data":{"value":"7"}}\n' +
        '{"id":"b","customer":"acme","meter":"tokens","value":123456789012345678.123456789012,"time":"2026-03-01T10:00:00Z"}\n',
    ),
  )
  expect(refusalsOf(rows)).toEqual([])
  expect(eventsOf(rows).map(({ source, id, value }) => [source, id, value])).toEqual([
    ['gateway', 'a', '7'],
    ['sheet', 'b', '123456789012345678.123456789012'],
  ])
})

test('of 5 lines 1 is an event; a list, half an object, 1e3 and a line of 300,000 characters are refused by line', async () => {
  const flat = (value: string) =>
    `{"id":"x","customer":"acme","meter":"tokens","value":${value},"time":"2026-03-01T10:00:00Z"}`
  const rows = await rowsOf(
    folder.write(
      'faults.ndjson',
      ['[]', '{"id":', flat('1e3'), `"${'x'.repeat(300_000)}"`, flat('2')].join('\n'),
    ),
  )
  expect(refusalsOf(rows).map(([line, code]) => [line, code])).toEqual([
    [1, 'unreadable'],
    [2, 'unreadable'],
    [3, 'invalid_format'],
    [4, 'unreadable'],
  ])
  expect(eventsOf(rows).map(({ value }) => value)).toEqual(['2'])
})

test('where no source was said, CloudEvents are read and 1 flat row is refused', async () => {
  const rows = await rowsOf(folder.write('flat.jsonl', '{"customer":"acme"}\n'), { source: null })
  expect(refusalsOf(rows)).toEqual([
    [1, 'no-source', 'It is no CloudEvent. Say under which source rows count: --source.'],
  ])
})
