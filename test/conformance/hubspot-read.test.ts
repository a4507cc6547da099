import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DealRead } from '../../src/ports/crm.ts'
import type { DealSnapshot } from '../../src/domain/deal.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import type { HubSpotWorld } from './hubspot-world.ts'
import { acmeDeal, hubSpotWorld, valueOf } from './hubspot-world.ts'

let world: HubSpotWorld

beforeEach(async () => {
  world = await hubSpotWorld()
})
afterEach(() => world.close())

function foundOf(read: DealRead | undefined): DealSnapshot {
  if (read?.kind !== 'found') throw new Error(`Not found: ${JSON.stringify(read)}`)
  return read.deal
}

async function readOne(dealId: string): Promise<DealSnapshot> {
  return foundOf(valueOf(await world.crm.readDeals([dealId]))[0])
}

describe('a deal read', () => {
  test('has its head, account, contact and lines, in the order people see them', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.closeDeal(dealId)
    const deal = await readOne(dealId)
    expect(deal).toMatchObject({
      crm: 'hubspot',
      org: '44120887',
      dealId,
      name: 'Acme Bank',
      isClosedWon: true,
      closedOn: '2026-11-20',
      amount: '600000',
      currency: 'USD',
      modifiedAt: '2026-11-20T12:00:00.000Z',
      url: `https://app.hubspot.com/contacts/44120887/record/0-3/${dealId}`,
    })
    expect(deal.fields.deal['po_number']).toBe('PO-88213')
    expect(deal.fields.account?.['name']).toBe('Acme Bank')
    expect(deal.fields.contact?.['email']).toBe('treasury@acmebank.example')
    expect(deal.fields.lines.map((line) => [line['name'], line['amount'], line['overage_price']])).toEqual([
      ['Platform fee', '600000', null],
      ['Tokens', '0', '0.004'],
    ])
  })

  test('every value is text, an empty one is null', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal({ contract_months: '12' })])
    const { fields } = await readOne(dealId)
    expect(fields.deal['contract_months']).toBe('12')
    expect(fields.deal['hs_is_closed_won']).toBe('false')
    expect(fields.deal['dealtype']).toBeNull()
  })

  test('a property the portal does not have is unreadable, not empty; once created it is read within ten seconds', async () => {
    world.fake.properties.remove('deals', 'po_number')
    const [dealId = ''] = world.fake.load([{ deal: { dealname: 'Early' } }])
    expect((await readOne(dealId)).fields.deal['po_number']).toEqual({ unreadable: true })
    world.fake.properties.create('deals', {
      name: 'po_number',
      label: 'PO number',
      type: 'string',
      options: [],
      hasUniqueValue: false,
      readOnly: false,
    })
    world.fake.update('deals', dealId, { po_number: 'PO-1' })
    await world.clock.sleep(10_000)
    expect((await readOne(dealId)).fields.deal['po_number']).toBe('PO-1')
  })
})

describe('fields of a deal', () => {
  test('what the mapping names beyond the standard properties is read too, and unreadable where it is missing', async () => {
    const crm = world.connect({
      fields: { deal: ['description', 'region__c'], company: ['numberofemployees'] },
    })
    const [dealId = ''] = world.fake.load([acmeDeal({ description: 'Pilot' })])
    const { fields } = foundOf(valueOf(await crm.readDeals([dealId]))[0])
    expect(fields.deal['description']).toBe('Pilot')
    expect(fields.deal['region__c']).toEqual({ unreadable: true })
    expect(fields.account?.['numberofemployees']).toEqual({ unreadable: true })
  })
})

describe('the head of a deal', () => {
  test('without a currency of its own has the one of the portal', async () => {
    const euro = await hubSpotWorld({ currency: 'EUR' })
    try {
      const [dealId = ''] = euro.fake.load([{ deal: { dealname: 'Nord', amount: '10' } }])
      expect(foundOf(valueOf(await euro.crm.readDeals([dealId]))[0]).currency).toBe('EUR')
    } finally {
      await euro.close()
    }
  })

  test('closed at 03:00 UTC on 1 December is closed on 30 November in New York', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.closeDeal(dealId, { closedate: '2026-12-01T03:00:00.000Z' })
    expect((await readOne(dealId)).closedOn).toBe('2026-11-30')
  })

  test('without amount, close date, company, contact or lines says so', async () => {
    const [dealId = ''] = world.fake.load([{ deal: { dealname: 'Bare' } }])
    const deal = await readOne(dealId)
    expect([deal.amount, deal.closedOn, deal.fields.account, deal.fields.contact, deal.fields.lines]).toEqual(
      [null, null, null, null, []],
    )
  })
})

describe('of several companies and contacts', () => {
  test('the primary company is taken; once it is taken away from two others, none is guessed', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    for (const name of ['Reseller', 'Auditor'])
      world.fake.associations.associate(
        'deals',
        dealId,
        'companies',
        world.fake.create('companies', { name }),
      )
    expect((await readOne(dealId)).fields.account?.['name']).toBe('Acme Bank')
    const [primary = ''] = world.fake.truth().deals[0]?.companyIds ?? []
    world.fake.associations.remove('deals', dealId, 'companies', primary)
    expect((await readOne(dealId)).fields.account).toBeNull()
  })

  test('the contact under the label "Billing contact" is taken, and without the label none is guessed', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    const second = world.fake.create('contacts', { email: 'invoices@acmebank.example' })
    world.fake.associations.associate('deals', dealId, 'contacts', second)
    expect((await readOne(dealId)).fields.contact).toBeNull()
    const typeId = world.fake.associations.define('deals', 'contacts', 'Billing contact')
    world.fake.associations.associate('deals', dealId, 'contacts', second, [typeId])
    expect((await readOne(dealId)).fields.contact?.['email']).toBe('invoices@acmebank.example')
  })
})

describe('many at once', () => {
  test('100 deals asked in reverse answer one entry each, in the order asked', async () => {
    const ids = world.fake
      .load(Array.from({ length: 100 }, (_, index) => acmeDeal({ dealname: `Deal ${index}` })))
      .toReversed()
    const reads = valueOf(await world.crm.readDeals(ids))
    expect(reads.map(({ askedId }) => askedId)).toEqual(ids)
    expect(foundOf(reads[0]).name).toBe('Deal 99')
    expect(reads.reduce((sum, read) => sum + foundOf(read).fields.lines.length, 0)).toBe(200)
  })

  test('a deal with 1,203 lines has them all, over three pages of associations', async () => {
    const lines = Array.from({ length: 1203 }, (_, index) => ({ name: `Line ${index}`, price: '1' }))
    const [dealId = ''] = world.fake.load([{ deal: { dealname: 'Huge' }, lines }])
    expect((await readOne(dealId)).fields.lines.length).toBe(1203)
  })

  test('missing, deleted and impossible ids are gone and spoil nobody', async () => {
    const [kept = '', deleted = ''] = world.fake.load([acmeDeal(), acmeDeal({ dealname: 'Void' })])
    world.fake.remove('deals', deleted)
    const reads = valueOf(await world.crm.readDeals([deleted, '999', 'abc', kept, '']))
    expect(reads.map(({ kind, askedId }) => [kind, askedId])).toEqual([
      ['gone', deleted],
      ['gone', '999'],
      ['gone', 'abc'],
      ['found', kept],
      ['gone', ''],
    ])
  })
})

describe.each(['resolved', 'missing'] as const)(
  'merged deals, when a batch answers old ids as %s',
  (mergedInBatchRead) => {
    test('both old ids answer the new deal, with its associations and its former ids', async () => {
      world.fake.switches.mergedInBatchRead = mergedInBatchRead
      const [first = '', second = ''] = world.fake.load([
        acmeDeal(),
        { deal: { dealname: 'Acme twin', description: 'dup' } },
      ])
      const merged = world.fake.merge(first, second)
      const reads = valueOf(await world.crm.readDeals([first, second, merged]))
      expect(reads.map((read) => [read.askedId, foundOf(read).dealId])).toEqual([
        [first, merged],
        [second, merged],
        [merged, merged],
      ])
      for (const read of reads) {
        expect(foundOf(read).fields.lines.length).toBe(2)
        expect(foundOf(read).fields.account?.['name']).toBe('Acme Bank')
        expect(read.kind === 'found' && read.formerIds).toEqual([first, second])
      }
    })

    test('a deal merged twice answers as the last one', async () => {
      world.fake.switches.mergedInBatchRead = mergedInBatchRead
      const [first = '', second = '', third = ''] = world.fake.load([acmeDeal(), acmeDeal(), acmeDeal()])
      const last = world.fake.merge(world.fake.merge(first, second), third)
      expect((await readOne(first)).dealId).toBe(last)
      expect((await readOne(first)).fields.lines.length).toBe(6)
    })
  },
)

describe('a line deleted', () => {
  test('between the event and the read is not in the deal', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.closeDeal(dealId)
    const lineId = world.fake.truth().deals[0]?.lines[1]?.['hs_object_id'] ?? ''
    world.fake.remove('line_items', lineId)
    expect((await readOne(dealId)).fields.lines.map((line) => line['name'])).toEqual(['Platform fee'])
  })

  test('between two requests of one read makes us read the deal again, so that deal and lines are of one moment', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    const lineId = world.fake.truth().deals[0]?.lines[1]?.['hs_object_id'] ?? ''
    const crm = world.connect({
      transport: async (input, init) => {
        const response = await systemTransport(input, init)
        if (
          String(input).includes('/deals/line_items/batch/read') &&
          world.fake.truth().deals[0]?.lines.length === 2
        ) {
          world.fake.remove('line_items', lineId)
          world.fake.update('deals', dealId, { amount: '550000' })
        }
        return response
      },
    })
    const deal = foundOf(valueOf(await crm.readDeals([dealId]))[0])
    expect([deal.amount, deal.fields.lines.length]).toEqual(['550000', 1])
  })

  test('but still named by its deal stays in, unreadable: its revenue must not vanish without a word', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.associations.associate('deals', dealId, 'line_items', '99999999')
    const { lines } = (await readOne(dealId)).fields
    expect(lines.length).toBe(3)
    expect(lines.map((line) => line['price'])).toEqual(['50000', '0', { unreadable: true }])
  })
})

describe('a connection that is not ours', () => {
  test('a token of another portal is broken, and nothing of it is read', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    const crm = world.connect({ portalId: '555' })
    expect(await crm.readDeals([dealId])).toEqual({
      kind: 'broken',
      detail: 'The access token belongs to portal 44120887, not to 555',
    })
  })

  test('a scope that was not granted pauses the connection and is named', async () => {
    const narrow = await hubSpotWorld({ scopes: ['crm.objects.deals.read', 'crm.objects.companies.read'] })
    try {
      const [dealId = ''] = narrow.fake.load([acmeDeal()])
      const answer = await narrow.crm.readDeals([dealId])
      expect(answer.kind).toBe('auth')
      expect(answer).toMatchObject({ detail: expect.stringContaining('crm.objects.contacts.read') })
    } finally {
      await narrow.close()
    }
  })
})
