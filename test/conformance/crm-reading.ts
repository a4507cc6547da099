import { expect, test } from 'vitest'
import type { CrmWorld } from './crm-world.ts'
import { acme, minutesLater, readOne, sample, statusOf, value, wonDeal } from './crm-world.ts'

/** What one deal looks like when read. */
export function claimReading(world: () => CrmWorld): void {
  test('the head of a deal is in no vendor’s words: 50000.5, closed on 2026-11-18', async () => {
    const id = await wonDeal(world(), acme)
    const deal = await readOne(world().crm, id)
    expect(deal).toMatchObject({
      crm: world().crm.name,
      org: world().crm.org,
      dealId: id,
      name: 'Acme 2027',
      isClosedWon: true,
      closedOn: '2026-11-18',
      amount: '50000.5',
      currency: 'USD',
    })
    expect(deal.url).toContain(id)
    expect(Date.parse(deal.modifiedAt)).toBeGreaterThan(0)
  })

  test('a deal comes with its account, its contact and both lines in order', async () => {
    const { names } = world()
    const { fields } = await readOne(world().crm, await wonDeal(world(), acme))
    expect(fields.account?.[names.accountName]).toBe('Acme Bank')
    expect(fields.contact?.[names.contactEmail]).toBe('ap@acme.example')
    const lines = fields.lines.map((line) =>
      [names.product, names.quantity, names.unitPrice].map((field) => String(line[field])),
    )
    expect(lines).toEqual([
      ['Platform', '1', '49000.5'],
      ['Seats', '20', '50'],
    ])
  })

  test('a deal without contact and lines has none of them', async () => {
    const { contactEmail: _none, ...deal } = sample(1)
    const { fields } = await readOne(world().crm, await wonDeal(world(), deal))
    expect(fields.contact).toBeNull()
    expect(fields.lines).toEqual([])
  })

  test('a value, an empty field, a field not asked for and one we may not read are four things', async () => {
    const { names } = world()
    const id = await wonDeal(world(), acme)
    const before = (await readOne(world().crm, id)).fields.deal
    expect(before[names.customField]).toBe('NET 60')
    expect(before[names.emptyField]).toBeNull()
    expect(names.unaskedField in before).toBe(false)
    expect(before[names.missingField]).toEqual({ unreadable: true })
    await world().hideField(names.customField)
    world().clock.advanceTo(minutesLater(world().clock, 120))
    const after = (await readOne(world().crm, id)).fields.deal
    expect(after[names.customField]).toEqual({ unreadable: true })
  })
}

/** How many deals are read at once, and what our own writing does to it. */
export function claimReadingMany(world: () => CrmWorld): void {
  test('each id asked gets one answer, in the order asked, gone ones too', async () => {
    const first = await wonDeal(world(), sample(1))
    const second = await wonDeal(world(), sample(2))
    const { unknownDealId } = world()
    const asked = [second, unknownDealId, first, 'no id at all']
    const reads = value(await world().crm.readDeals(asked))
    expect(reads.map(({ askedId }) => askedId)).toEqual(asked)
    expect(reads.map(({ kind }) => kind)).toEqual(['found', 'gone', 'found', 'gone'])
    expect(value(await world().crm.readDeals([]))).toEqual([])
  })

  test('100 deals are read at once', async () => {
    const ids: string[] = []
    for (let number = 0; number < 100; number++) ids.push(await world().addDeal(sample(number)))
    const reads = value(await world().crm.readDeals(ids))
    expect(reads.map((read) => (read.kind === 'found' ? read.deal.dealId : read.kind))).toEqual(ids)
  })

  test('our own status does not change what we read of a deal', async () => {
    const id = await wonDeal(world(), acme)
    const before = await readOne(world().crm, id)
    world().clock.advanceTo(minutesLater(world().clock, 1))
    value(await world().crm.writeStatuses([statusOf(id)]))
    expect((await readOne(world().crm, id)).fields).toEqual(before.fields)
  })
}
