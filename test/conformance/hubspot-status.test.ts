import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemTransport } from '../../src/ports/transport.ts'
import type { StatusUpdate } from '../../src/ports/crm.ts'
import type { HubSpotWorld } from './hubspot-world.ts'
import { acmeDeal, hubSpotWorld, valueOf } from './hubspot-world.ts'

let world: HubSpotWorld

beforeEach(async () => {
  world = await hubSpotWorld()
})
afterEach(() => world.close())

function active(dealId: string, message = 'Billing runs'): StatusUpdate {
  return { dealId, status: 'Active', message, link: `https://hub.example/deals/${dealId}` }
}

const valuesOf = (dealId: string) => world.fake.truth().deals.find((deal) => deal.dealId === dealId)?.values

/** A client that counts its updates. */
function countingCrm() {
  const counted = { updates: 0 }
  const crm = world.connect({
    transport: (input, init) => {
      if (String(input).endsWith('/batch/update')) counted.updates += 1
      return systemTransport(input, init)
    },
  })
  return { crm, counted }
}

describe('writing statuses', () => {
  test('sets status, message and link, and changes nothing else', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    expect(valueOf(await world.crm.writeStatuses([active(dealId)]))).toEqual([{ dealId, refusal: null }])
    expect(valuesOf(dealId)).toMatchObject({
      tieout_status: 'Active',
      tieout_message: 'Billing runs',
      tieout_link: `https://hub.example/deals/${dealId}`,
      amount: '600000',
    })
  })

  test('a deal that says the same already is not written, so no echo comes back', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    const { crm, counted } = countingCrm()
    for (let time = 0; time < 3; time++) valueOf(await crm.writeStatuses([active(dealId)]))
    expect(counted.updates).toBe(1)
  })

  test('our own write tells the app nothing: the status properties are not subscribed to', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    valueOf(await world.crm.writeStatuses([active(dealId)]))
    expect(await world.fake.pump()).toBe(0)
  })
})

describe('one deal refused', () => {
  test('a deal that is gone is refused, the other one written', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    expect(valueOf(await world.crm.writeStatuses([active('404404'), active(dealId)]))).toEqual([
      { dealId: '404404', refusal: 'HubSpot no longer has this deal' },
      { dealId, refusal: null },
    ])
  })

  test('a deal deleted between our read and our write is refused, the other one written', async () => {
    const [kept = '', lost = ''] = world.fake.load([acmeDeal(), acmeDeal()])
    const crm = world.connect({
      transport: (input, init) => {
        if (String(input).endsWith('/batch/update')) world.fake.remove('deals', lost)
        return systemTransport(input, init)
      },
    })
    expect(valueOf(await crm.writeStatuses([active(lost), active(kept)]))).toEqual([
      { dealId: lost, refusal: 'resource not found' },
      { dealId: kept, refusal: null },
    ])
    expect(valuesOf(kept)?.['tieout_status']).toBe('Active')
  })

  test.each(['whole', 'multi-status'] as const)(
    'one refused value among 100 stops one deal, when the portal refuses batches %s',
    async (batchErrors) => {
      world.fake.switches.batchErrors = batchErrors
      const ids = world.fake.load(Array.from({ length: 100 }, () => acmeDeal()))
      const odd = ids[41] ?? ''
      const updates = ids.map((id) =>
        id === odd ? { ...active(id), status: 'Exploded' as StatusUpdate['status'] } : active(id),
      )
      const written = valueOf(await world.crm.writeStatuses(updates))
      expect(written.filter(({ refusal }) => refusal === null).length).toBe(99)
      expect(written[41]?.refusal).toContain('Exploded was not a valid enumeration')
    },
  )
})

describe('more than one deal, or none that can take it', () => {
  test('250 deals take three batches', async () => {
    const ids = world.fake.load(Array.from({ length: 250 }, () => acmeDeal()))
    const { crm, counted } = countingCrm()
    valueOf(await crm.writeStatuses(ids.map((id) => active(id))))
    expect(counted.updates).toBe(3)
    expect(world.fake.truth().deals.every(({ values }) => values['tieout_status'] === 'Active')).toBe(true)
  })

  test('a merged deal is written under its new id, and two updates that meet there count as one', async () => {
    const [first = '', second = ''] = world.fake.load([acmeDeal(), acmeDeal()])
    const merged = world.fake.merge(first, second)
    const written = valueOf(await world.crm.writeStatuses([active(first, 'one'), active(second, 'two')]))
    expect(written).toEqual([
      { dealId: first, refusal: null },
      { dealId: second, refusal: null },
    ])
    expect(valuesOf(merged)?.['tieout_message']).toBe('two')
  })

  test('a portal without our properties is told which to create', async () => {
    world.fake.properties.remove('deals', 'tieout_link')
    const [dealId = ''] = world.fake.load([acmeDeal()])
    expect(await world.crm.writeStatuses([active(dealId)])).toEqual({
      kind: 'rejected',
      code: 'PROPERTY_DOESNT_EXIST',
      detail: 'The portal has no deal property tieout_link: create it, then statuses are written',
      field: 'tieout_link',
    })
  })

  test('an answer lost after the write is transient, and writing again changes nothing more', async () => {
    const [dealId = ''] = world.fake.load([acmeDeal()])
    world.fake.faults.add({ kind: 'cut-after', path: '/crm/v3/objects/deals/batch/update' })
    expect((await world.crm.writeStatuses([active(dealId)])).kind).toBe('transient')
    expect(valuesOf(dealId)?.['tieout_status']).toBe('Active')
    const { crm, counted } = countingCrm()
    expect(valueOf(await crm.writeStatuses([active(dealId)]))).toEqual([{ dealId, refusal: null }])
    expect(counted.updates).toBe(0)
  })
})
