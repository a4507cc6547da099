import { expect, test } from 'vitest'
import { planBilling } from '../../src/domain/billing-plan.ts'
import { plannedInvoices } from '../../src/domain/billing-preview.ts'
import { sampleTerms, sampleVersion, tokenLine, usd } from './contract-samples.ts'

test('a year of tokens with a commitment each quarter is twelve invoices, of which four may have a shortfall', () => {
  const commit = { amount: usd(300_000), periodMonths: 3, trueUp: 'invoice-shortfall' } as const
  const version = sampleVersion(sampleTerms({ lines: [tokenLine({ commit })] }))
  const context = { asOf: '2017-03-01', zone: 'UTC', crm: 'salesforce', org: 'org' } as const
  const plan = planBilling(version, context)
  if (!plan.ok) throw new Error('It cannot be billed')
  const invoices = plannedInvoices(version, plan.value, '2017-03-01')
  expect(invoices.map(({ invoicedOn, lines }) => `${invoicedOn} ${lines.length}`)).toEqual([
    '2017-04-01 1',
    '2017-05-01 1',
    '2017-06-01 2',
    '2017-07-01 1',
    '2017-08-01 1',
    '2017-09-01 2',
    '2017-10-01 1',
    '2017-11-01 1',
    '2017-12-01 2',
    '2018-01-01 1',
    '2018-02-01 1',
    '2018-03-01 2',
  ])
  expect(invoices[2]?.lines[1]).toEqual({
    lineId: 'tokens',
    description: 'Tokens, what is missing to the commitment',
    service: { startsOn: '2017-03-01', endsBefore: '2017-06-01' },
    amount: null,
  })
})
