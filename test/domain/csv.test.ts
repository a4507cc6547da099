import { expect, test } from 'vitest'
import { csvLine } from '../../src/domain/csv.ts'

test('a cell that a spreadsheet would take for a formula is marked as text, also behind blanks and in wide signs (E9-148)', () => {
  const cells = [
    '=HYPERLINK("http://evil.example")',
    '+1',
    '-1',
    '@SUM(A1)',
    ' =1',
    '\t=1',
    '＝1',
    '\ufeff=1',
    '\u0000=1',
  ]
  for (const cell of cells) expect(csvLine([cell]).replace(/^"/, '')).toMatch(/^'/)
  expect(csvLine(['=HYPERLINK("http://evil.example")'])).toBe('"\'=HYPERLINK(""http://evil.example"")"\r\n')
})

test('commas, quotes and line ends are quoted; everything else stays as it is', () => {
  expect(csvLine(['a,b', 'say "x"', 'two\nlines', 'plain', '', '12.5', 'a=b', '{"a":"b"}'])).toBe(
    '"a,b","say ""x""","two\nlines",plain,,12.5,a=b,"{""a"":""b""}"\r\n',
  )
})
