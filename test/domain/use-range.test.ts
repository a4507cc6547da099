import { expect, test } from 'vitest'
import { useRange } from '../../src/domain/use-range.ts'
import { isUsage } from '../../src/domain/contract.ts'
import { sampleTerms, sampleVersion, tokenLine } from './contract-samples.ts'

const packages = tokenLine({ model: 'package', overageDiscountPercent: '0', includedUnits: '0' })

test.each([
  ['America/New_York', 'rated', '2017-03-01', '2017-04-01', '2017-03-01T05:00Z', '2017-04-01T12:00Z'],
  ['America/New_York', 'rated', '2018-02-01', '2018-03-01', '2018-02-01T12:00Z', '2018-03-01T05:00Z'],
  ['America/New_York', 'metered', '2017-03-01', '2018-03-01', '2017-03-01T12:00Z', '2018-03-01T12:00Z'],
  ['Europe/Berlin', 'rated', '2017-03-01', '2018-03-01', '2017-02-28T23:00Z', '2018-02-28T23:00Z'],
  ['Asia/Kolkata', 'rated', '2017-03-01', '2018-03-01', '2017-02-28T18:00Z', '2018-02-28T18:00Z'],
])('in %s, %s use of the days from %s to %s', (zone, kind, startsOn, endsBefore, from, to) => {
  const { terms } = sampleVersion(sampleTerms({ lines: [kind === 'rated' ? packages : tokenLine()] }))
  const [line] = terms.lines.filter(isUsage)
  if (line === undefined) throw new Error('There is no line')
  expect(useRange(line, terms, { startsOn, endsBefore }, zone)).toEqual({
    startsAt: new Date(from),
    endsAt: new Date(to),
  })
})
