import { expect, test } from 'vitest'
import type { FaultKind } from '../../connectors/fault-script.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { CrmWorld } from './crm-world.ts'
import { acme, drain, readOne, statusOf, value, wonDeal, wonIds } from './crm-world.ts'

/** How each way of going wrong is classed. */
export function claimFaults(world: () => CrmWorld): void {
  const expected: readonly (readonly [FaultKind, Answer<never>['kind']])[] = [
    ['throttle', 'throttled'],
    ['server-error', 'transient'],
    ['cut-before', 'transient'],
    ['cut-after', 'transient'],
    ['malformed-body', 'transient'],
    ['html-body', 'broken'],
  ]

  test.each(expected)('%s while reading is %s, and the next try succeeds', async (kind, answerKind) => {
    const id = await wonDeal(world(), acme)
    value(await world().crm.readDeals([id]))
    world().faults.add({ kind, ...world().paths.read })
    expect((await world().crm.readDeals([id])).kind).toBe(answerKind)
    expect(world().faults.remaining()).toBe(0)
    expect((await readOne(world().crm, id)).name).toBe('Acme 2027')
  })

  test.each(expected)('%s while sweeping is %s and loses nothing', async (kind, answerKind) => {
    const id = await wonDeal(world(), acme)
    world().faults.add({ kind, ...world().paths.sweep })
    expect((await world().crm.sweep(null)).kind).toBe(answerKind)
    expect(wonIds((await drain(world().crm, null)).changes)).toEqual([id])
  })

  test.each(expected)(
    '%s while writing a status is %s, and repeating it is safe',
    async (kind, answerKind) => {
      const id = await wonDeal(world(), acme)
      value(await world().crm.readDeals([id]))
      world().faults.add({ kind, ...world().paths.write })
      expect((await world().crm.writeStatuses([statusOf(id)])).kind).toBe(answerKind)
      expect(world().faults.remaining()).toBe(0)
      expect(value(await world().crm.writeStatuses([statusOf(id)]))[0]?.refusal).toBeNull()
      expect((await world().statusOf(id)).status).toBe('Active')
    },
  )

  test('a session that ends is renewed once, or the connection waits', async () => {
    const id = await wonDeal(world(), acme)
    value(await world().crm.readDeals([id]))
    world().faults.add({ kind: 'expired-session', ...world().paths.read })
    const answer = await world().crm.readDeals([id])
    expect(answer.kind).toBe(world().renewsSession ? 'ok' : 'auth')
  })

  test('a session refused again and again is a matter of the connection', async () => {
    const id = await wonDeal(world(), acme)
    world().faults.add({ kind: 'expired-session', ...world().paths.read, times: 50 })
    expect((await world().crm.readDeals([id])).kind).toBe('auth')
    expect(world().faults.remaining()).toBeGreaterThanOrEqual(47)
  })
}
