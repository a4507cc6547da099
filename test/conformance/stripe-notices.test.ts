import { describe, expect, test } from 'vitest'
import { billingOver, delivery, invoice } from './stripe-samples.ts'
import { good } from './stripe-world.ts'

describe('notices', () => {
  const { billing } = billingOver()
  const taxId = { id: 'txi_1', object: 'tax_id', customer: 'cus_1', type: 'eu_vat', value: 'DE123456789' }

  test.each([
    ['pending', 'pending'],
    ['verified', 'verified'],
    ['unverified', 'unverified'],
    ['something new', 'unavailable'],
  ])('a tax id that is %s is %s, never more', (status, expected) => {
    const verification = { status, verified_name: 'Acme', verified_address: null }
    expect(
      good(billing.readNotices(delivery('customer.tax_id.updated', { ...taxId, verification }))),
    ).toMatchObject([
      {
        kind: 'tax-id-checked',
        taxIdId: 'txi_1',
        customerId: 'cus_1',
        status: expected,
        verifiedName: 'Acme',
      },
    ])
  })

  test('a tax id of a type that nobody checks is unavailable', () => {
    expect(
      good(billing.readNotices(delivery('customer.tax_id.created', { ...taxId, verification: null }))),
    ).toMatchObject([{ status: 'unavailable' }])
  })

  test('a change of a subscription names the fields', () => {
    const subscription = {
      id: 'sub_1',
      object: 'subscription',
      status: 'active',
      schedule: null,
      metadata: { tieout_contract_id: 'ctr_1' },
    }
    const data = { object: subscription, previous_attributes: { items: {}, quantity: 1 } }
    expect(
      good(billing.readNotices(delivery('customer.subscription.updated', subscription, { data }))),
    ).toEqual([
      {
        kind: 'subscription-changed',
        occurredAt: new Date('2027-02-01T01:00:00Z'),
        subscriptionId: 'sub_1',
        scheduleId: null,
        contractId: 'ctr_1',
        status: 'active',
        changed: ['items', 'quantity'],
      },
    ])
  })

  test('money makes no notice', () => {
    expect(good(billing.readNotices(delivery('invoice.finalized', invoice())))).toEqual([])
  })
})
