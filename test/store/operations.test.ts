import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  abandonedOperations,
  beginOperation,
  operationOf,
  providerIdsOf,
  settleOperation,
  unsettledCount,
  type Begun,
  type OperationOutcome,
} from '../../src/store/operations.ts'
import { StaleFenceError } from '../../src/store/unit-of-work.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function begin(opKey: string, at: number, fingerprint = 'same'): Promise<Begun> {
  const operation = { opKey, fingerprint, provider: 'stripe', kind: 'customer', subject: 'ctr-1' }
  return own.store.unitOfWork((unit) =>
    beginOperation(unit, operation, { now: after(at), leaseUntil: after(at + 60) }),
  )
}

function settle(opKey: string, fence: number, outcome: OperationOutcome, at = 1) {
  return own.store.unitOfWork((unit) => settleOperation(unit, opKey, fence, outcome, after(at)))
}

const made: OperationOutcome = { kind: 'succeeded', providerId: 'cus_1' }

test('ten runners at once: one starts, nine find it busy; afterwards it is done', async () => {
  const begun = await Promise.all(Array.from({ length: 10 }, () => begin('race', 0)))
  expect(begun.filter(({ kind }) => kind === 'start')).toEqual([{ kind: 'start', fence: 1, attempt: 1 }])
  expect(begun.filter(({ kind }) => kind === 'busy')).toHaveLength(9)
  await settle('race', 1, made)
  expect(await begin('race', 2)).toEqual({ kind: 'done', providerId: 'cus_1' })
  expect(await providerIdsOf(own.store.read, ['race', 'other'])).toEqual(new Map([['race', 'cus_1']]))
})

test('a process that died in flight leaves an unknown outcome, and can no longer settle it', async () => {
  await begin('died', 0)
  expect(await begin('died', 59)).toEqual({ kind: 'busy', leaseUntil: after(60) })
  expect((await abandonedOperations(own.store.read, after(60))).map(({ opKey }) => opKey)).toEqual(['died'])
  expect(await begin('died', 60)).toEqual({
    kind: 'resume-unknown',
    fence: 2,
    attempt: 2,
    firstSentAt: after(0),
  })
  expect(await operationOf(own.store.read, 'died')).toMatchObject({
    state: 'unknown',
    leaseUntil: after(120),
  })
  await expect(settle('died', 1, made)).rejects.toBeInstanceOf(StaleFenceError)
  await settle('died', 2, made)
  await expect(settle('died', 2, made)).rejects.toBeInstanceOf(StaleFenceError)
})

test('an unknown outcome is resumed with the time of the first sending', async () => {
  await begin('lost', 0)
  await settle('lost', 1, { kind: 'unknown', detail: 'socket hang up' })
  expect(await begin('lost', 5)).toEqual({
    kind: 'resume-unknown',
    fence: 2,
    attempt: 2,
    firstSentAt: after(0),
  })
  await settle('lost', 2, { kind: 'unknown', detail: 'still' })
  expect(await begin('lost', 90)).toMatchObject({ kind: 'resume-unknown', attempt: 3, firstSentAt: after(0) })
  await settle('lost', 3, made)
})

test('a call that certainly was not made starts anew, and its first sending too', async () => {
  await begin('offline', 0)
  await settle('offline', 1, { kind: 'not-sent', detail: 'ECONNREFUSED' })
  expect(await operationOf(own.store.read, 'offline')).toMatchObject({ state: 'planned', firstSentAt: null })
  expect(await begin('offline', 7)).toEqual({ kind: 'start', fence: 2, attempt: 2 })
  expect((await operationOf(own.store.read, 'offline'))?.firstSentAt).toEqual(after(7))
  await settle('offline', 2, made)
})

test('another fingerprint is refused while something may exist, and taken when nothing does', async () => {
  await begin('changed', 0)
  expect(await begin('changed', 1, 'other')).toEqual({ kind: 'fingerprint-differs', state: 'in_flight' })
  await settle('changed', 1, { kind: 'failed', detail: 'invalid email' })
  expect(await begin('changed', 2, 'other')).toEqual({ kind: 'start', fence: 2, attempt: 2 })
  await settle('changed', 2, made)
  expect(await begin('changed', 3, 'same')).toEqual({ kind: 'fingerprint-differs', state: 'succeeded' })
  expect(await begin('changed', 3, 'other')).toEqual({ kind: 'done', providerId: 'cus_1' })
})

test('an intent whose unit is undone was never written down', async () => {
  const operation = { opKey: 'undone', fingerprint: 'f', provider: 'stripe', kind: 'customer', subject: 'x' }
  const unit = own.store.unitOfWork(async (open) => {
    await beginOperation(open, operation, { now: after(0), leaseUntil: after(60) })
    throw new Error('crash')
  })
  await expect(unit).rejects.toThrow('crash')
  expect(await operationOf(own.store.read, 'undone')).toBeNull()
  expect(await unsettledCount(own.store.read)).toBe(0)
})
