import { afterAll, beforeAll, expect, test } from 'vitest'
import { callOnce, type Made } from '../../src/jobs/operation.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { Performed } from '../../src/ports/billing.ts'
import { passEveryCheckpoint } from '../../src/ports/checkpoint.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { operationOf } from '../../src/store/operations.ts'
import { ownStore, start, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

const lost: Answer<never> = { kind: 'unknown', detail: 'the connection broke' }
const busy: Answer<never> = { kind: 'transient', detail: '503' }
const there: Performed = { providerId: 'sub_1', drift: [] }

/** A vendor that answers as written, and counts how often it was asked and looked at. */
function vendor(opKey: string) {
  const said: string[] = []
  const clock = virtualClock(start)
  const attempt = (answers: { ask?: Answer<Performed>; look?: Answer<Performed | null> }): Promise<Made> =>
    callOnce(
      {
        operation: { opKey, fingerprint: 'same', provider: 'stripe', kind: 'subscription', subject: 'ctr-1' },
        doing: 'set up the subscription',
        ask: () => answered(said, 'ask', answers.ask),
        look: () => answered(said, 'look', answers.look),
      },
      { store: own.store, clock, checkpoint: passEveryCheckpoint },
    )
  return { said, attempt }
}

function answered<T>(said: string[], word: string, answer: Answer<T> | undefined): Promise<Answer<T>> {
  said.push(word)
  return answer === undefined
    ? Promise.reject(new Error(`Nobody should ${word} now`))
    : Promise.resolve(answer)
}

test('an answer that was lost is looked up, and what is there is not asked for again', async () => {
  const { said, attempt } = vendor('lost')
  expect((await attempt({ ask: lost })).kind).toBe('ended')
  expect(await attempt({ look: { kind: 'ok', value: there } })).toEqual({ kind: 'made', ...there })
  expect(await attempt({})).toEqual({ kind: 'made', ...there })
  expect(said).toEqual(['ask', 'look'])
})

test('when even the look fails, the call stays unknown: the next attempt looks again before it asks', async () => {
  const { said, attempt } = vendor('dark')
  await attempt({ ask: lost })
  expect((await attempt({ look: busy })).kind).toBe('ended')
  expect(await operationOf(own.store.read, 'dark')).toMatchObject({ state: 'unknown' })
  expect((await attempt({ look: busy })).kind).toBe('ended')
  expect(await attempt({ look: { kind: 'ok', value: null }, ask: { kind: 'ok', value: there } })).toEqual({
    kind: 'made',
    ...there,
  })
  expect(said).toEqual(['ask', 'look', 'look', 'look', 'ask'])
})

test('a failure the vendor keeps replaying waits for a person: nobody knows whether it was made', async () => {
  const { attempt } = vendor('stuck')
  await attempt({ ask: lost })
  const made = await attempt({
    look: { kind: 'ok', value: null },
    ask: { kind: 'replayed-failure', detail: 'stored 500' },
  })
  expect(made).toMatchObject({
    kind: 'ended',
    ending: { kind: 'park', issues: [{ code: 'PROVIDER_STUCK' }] },
  })
})
