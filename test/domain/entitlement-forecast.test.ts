import { expect, test } from 'vitest'
import { forecastUse } from '../../src/domain/entitlement-forecast.ts'

const march = { periodFrom: new Date('2026-03-01T12:00:00Z'), periodTo: new Date('2026-04-01T12:00:00Z') }

test.each([
  ['3,100 in the first of 31 days are 96,100 by the end', '3100', '2026-03-02T12:00:00Z', '96100'],
  ['1 in the first 11 hours of 744 is 67.636', '1', '2026-03-01T23:00:00Z', '67.636'],
  ['nothing stays nothing', '0', '2026-03-20T00:00:00Z', '0'],
  ['once it is over, what was used is what was used', '12.5', '2026-04-01T12:00:00Z', '12.5'],
  ['after 59 minutes there is nothing to go by', '100', '2026-03-01T12:59:00Z', null],
  ['before it began neither', '0', '2026-03-01T05:00:00Z', null],
] as const)('%s', (_title, used, at, forecast) => {
  expect(forecastUse(used, march, new Date(at))).toBe(forecast)
})
