import { expect, test } from 'vitest'
import type { CrmWorld } from './crm-world.ts'
import { acme, drain, isSorted, minutesLater, readOne, sample, value, wonDeal, wonIds } from './crm-world.ts'

/** How won deals are found. */
export function claimSweeping(world: () => CrmWorld): void {
  test('the first sweep finds all 3 won deals, oldest first, and no open one', async () => {
    const won: string[] = []
    for (const number of [1, 2, 3]) won.push(await wonDeal(world(), sample(number)))
    const open = await world().addDeal(sample(4))
    const { changes } = await drain(world().crm, null)
    expect(changes.filter(({ isClosedWon }) => isClosedWon).map(({ dealId }) => dealId)).toEqual(won)
    expect(changes.filter(({ dealId, isClosedWon }) => dealId === open && isClosedWon)).toEqual([])
    expect(isSorted(changes)).toBe(true)
  })

  test('an empty CRM has nothing to say, and a deal won later is found from that mark', async () => {
    const empty = await drain(world().crm, null)
    expect(empty.changes).toEqual([])
    const won = await wonDeal(world(), acme)
    const { changes } = await drain(world().crm, empty.mark)
    expect(changes.map(({ dealId, isClosedWon }) => [dealId, isClosedWon])).toEqual([[won, true]])
  })

  test('a deal won after the first sweep is found by the next', async () => {
    await wonDeal(world(), sample(1))
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 60))
    const later = await wonDeal(world(), sample(2))
    const { changes } = await drain(world().crm, mark)
    expect(wonIds(changes)).toContain(later)
  })
}

/** What happens to won deals later. */
export function claimSweepingChanges(world: () => CrmWorld): void {
  test('a won deal that is changed shows again, with a later stamp', async () => {
    const id = await wonDeal(world(), acme)
    const { modifiedAt } = await readOne(world().crm, id)
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    await world().renameDeal(id, 'Acme 2028')
    const { changes } = await drain(world().crm, mark)
    const last = changes.filter(({ dealId }) => dealId === id).at(-1)
    expect(last?.isClosedWon).toBe(true)
    expect(Date.parse(last?.modifiedAt ?? '')).toBeGreaterThan(Date.parse(modifiedAt))
    expect((await readOne(world().crm, id)).name).toBe('Acme 2028')
  })

  test('a quiet CRM stops repeating itself', async () => {
    await wonDeal(world(), acme)
    let { mark } = await drain(world().crm, null)
    for (let sweeps = 0; sweeps < 3; sweeps++) {
      world().clock.advanceTo(minutesLater(world().clock, 30))
      ;({ mark } = await drain(world().crm, mark))
    }
    expect((await drain(world().crm, mark)).changes).toEqual([])
  })

  test('a won deal that is opened again shows as not won', async () => {
    const id = await wonDeal(world(), acme)
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    await world().reopenDeal(id)
    const { changes } = await drain(world().crm, mark)
    expect(changes.filter(({ dealId }) => dealId === id).at(-1)?.isClosedWon).toBe(false)
  })

  test('a deleted deal shows as not won, where the CRM tells, and is gone when read', async () => {
    const id = await wonDeal(world(), acme)
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    await world().deleteDeal(id)
    const { changes } = await drain(world().crm, mark)
    const last = changes.filter(({ dealId }) => dealId === id).at(-1)
    expect(last?.isClosedWon).toBe(world().sweepSeesDeletions ? false : undefined)
    expect(value(await world().crm.readDeals([id]))).toEqual([{ kind: 'gone', askedId: id }])
  })
}
