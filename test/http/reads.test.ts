import { afterAll, beforeAll, expect, test } from 'vitest'
import { got, ownApp, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

test('a deal is found by its case, CRM, contract and subscription ids, and tells its story in order', async () => {
  for (const id of [ids.acmeCase, '006ACME', 'ctr_acme', 'sub_acme']) {
    const { status, body } = await got(own, `/v1/deals/${id}`)
    expect([status, body['id'], body['state']]).toEqual([200, ids.acmeCase, 'active'])
  }
  const { body } = await got<{ contract: object; timeline: { title: string }[] }>(own, '/v1/deals/ctr_acme')
  expect(body.contract).toMatchObject({ number: 'C-1001', value: { amount: '60000000', currency: 'USD' } })
  expect(body.timeline.map(({ title }) => title)).toEqual([
    'Seen closed-won in Salesforce',
    'Contract C-1001 drafted',
    'Stripe: customer made',
    'Billing is set up',
  ])
})
