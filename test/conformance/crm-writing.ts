import { expect, test } from 'vitest'
import type { CrmWorld } from './crm-world.ts'
import { acme, minutesLater, readOne, sample, statusOf, value, wonDeal } from './crm-world.ts'

/** How sales gets to see our status. */
export function claimWriting(world: () => CrmWorld): void {
  test('status, message and link show on the deal', async () => {
    const id = await wonDeal(world(), acme)
    expect(value(await world().crm.writeStatuses([statusOf(id)]))).toEqual([{ dealId: id, refusal: null }])
    expect(await world().statusOf(id)).toEqual({
      status: 'Active',
      message: 'Billing runs.',
      link: 'https://hub.example/deals/1',
    })
  })

  test('a status that is already there is not written again', async () => {
    const id = await wonDeal(world(), acme)
    value(await world().crm.writeStatuses([statusOf(id)]))
    const { modifiedAt } = await readOne(world().crm, id)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    expect(value(await world().crm.writeStatuses([statusOf(id)]))).toEqual([{ dealId: id, refusal: null }])
    expect((await readOne(world().crm, id)).modifiedAt).toBe(modifiedAt)
  })

  test('a refusal of one deal names the reason and stops no other', async () => {
    const [first, second] = [await wonDeal(world(), sample(1)), await wonDeal(world(), sample(2))]
    await world().refuseStatusOf(first, 'Ask finance before touching this deal')
    const written = value(await world().crm.writeStatuses([statusOf(first), statusOf(second)]))
    expect(written.map(({ dealId }) => dealId)).toEqual([first, second])
    expect(written[0]?.refusal).toContain('Ask finance before touching this deal')
    expect(written[1]?.refusal).toBeNull()
    expect((await world().statusOf(second)).status).toBe('Active')
    expect((await world().statusOf(first)).status).toBeNull()
  })

  test('a status of a deal that is gone is a refusal, not an error', async () => {
    const [gone, living] = [await wonDeal(world(), sample(1)), await wonDeal(world(), sample(2))]
    await world().deleteDeal(gone)
    const written = value(await world().crm.writeStatuses([statusOf(gone), statusOf(living)]))
    expect(written[0]?.refusal).not.toBeNull()
    expect(written[1]?.refusal).toBeNull()
  })
}
