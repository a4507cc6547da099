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
        mayMoveMoney: true,
      },
    ])
  })

  test('a tax id that was taken off is removed', () => {
    const verification = { status: 'verified', verified_name: 'Acme', verified_address: null }
    expect(
      good(billing.readNotices(delivery('customer.tax_id.deleted', { ...taxId, verification }))),
    ).toMatchObject([{ kind: 'tax-id-checked', taxIdId: 'txi_1', status: 'removed' }])
  })

  const item = { id: 'si_1', price: { id: 'price_1' }, quantity: 3, discounts: [], current_period_end: 2 }
  const live = {
    id: 'sub_1',
    object: 'subscription',
    status: 'active',
    schedule: null,
    metadata: {},
    items: { data: [item] },
    cancel_at: 100,
    ended_at: null,
  }
  const ended = { ...live, status: 'canceled' }

  test.each([
    ['a new period', 'updated', live, { items: { data: [{ ...item, current_period_end: 1 }] } }, false],
    ['a new invoice', 'updated', live, { latest_invoice: 'in_1' }, false],
    ['a late payment', 'updated', { ...live, status: 'past_due' }, { status: 'active' }, false],
    ['other metadata', 'updated', live, { metadata: {} }, false],
    ['a purchase order', 'updated', live, { invoice_settings: {} }, false],
    ['a quantity', 'updated', live, { items: { data: [{ ...item, quantity: 2 }] } }, true],
    ['a price', 'updated', live, { items: { data: [{ ...item, price: { id: 'price_2' } }] } }, true],
    ['an item more', 'updated', live, { items: { data: [] } }, true],
    ['a discount of an item', 'updated', live, { items: { data: [{ ...item, discounts: ['di_1'] }] } }, true],
    ['the days until due', 'updated', live, { days_until_due: 30 }, true],
    ['the end', 'updated', live, { cancel_at: null }, true],
    ['a pause', 'updated', { ...live, status: 'paused' }, { status: 'active' }, true],
    ['an end in time', 'deleted', { ...ended, ended_at: 100 }, {}, false],
    ['an end before its time', 'deleted', { ...ended, ended_at: 99 }, {}, true],
    ['an end nobody set', 'deleted', { ...ended, cancel_at: null, ended_at: 100 }, {}, true],
    ['its making', 'created', live, {}, false],
  ])('%s (%s) may move money, or not', (_, type, object, previous_attributes, expected) => {
    const data = { object, previous_attributes }
    expect(
      good(billing.readNotices(delivery(`customer.subscription.${type}`, object, { data }))),
    ).toMatchObject([{ mayMoveMoney: expected }])
  })

  test('money makes no notice', () => {
    expect(good(billing.readNotices(delivery('invoice.finalized', invoice())))).toEqual([])
  })
})
