import { afterAll, beforeAll, expect, test } from 'vitest'
import { addApiKey, apiKeyOf, listApiKeys, revokeApiKey } from '../../src/store/api-keys.ts'
import { listActs, recordAct } from '../../src/store/audit.ts'
import { beginAnswer, completeAnswer, forgetAnswers, type BegunAnswer } from '../../src/store/idempotency.ts'
import { listSweepMarks, moveSweepMark, sweepMarkOf } from '../../src/store/marks.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

const rest = { name: 'CI', scopes: ['usage:write'], by: 'ann' }

test('a key opens until it expires or is revoked, and its secret is nowhere in the database', async () => {
  const add = (secret: string, expiresAt: Date | null) =>
    own.store.unitOfWork((unit) =>
      addApiKey(unit, { ...rest, secret, prefix: secret.slice(0, 6), expiresAt }, after(0)),
    )
  const forever = await add('forever-secret', null)
  await add('brief-secret', after(60))
  expect(await apiKeyOf(own.store.read, 'forever-secret', after(1e6))).toMatchObject({
    keyId: forever,
    scopes: ['usage:write'],
  })
  expect(await apiKeyOf(own.store.read, 'brief-secret', after(59))).toMatchObject({ prefix: 'brief-' })
  expect(await apiKeyOf(own.store.read, 'brief-secret', after(60))).toBeNull()
  expect(await apiKeyOf(own.store.read, 'guess', after(0))).toBeNull()
  const revoke = () => own.store.unitOfWork((unit) => revokeApiKey(unit, forever, after(5)))
  expect([await revoke(), await revoke()]).toEqual([true, false])
  expect(await apiKeyOf(own.store.read, 'forever-secret', after(5))).toBeNull()
  expect((await listApiKeys(own.store.read)).map(({ revokedAt }) => revokedAt)).toEqual([after(5), null])
  const rows = await own.owner`select api_key::text as row from api_key`
  expect(JSON.stringify(rows)).not.toContain('-secret')
})

const key = { keyId: 'key_1', method: 'POST', route: '/v1/usage', idempotencyKey: 'abc' }

async function perform(bodyHash: string, effects: string[], changes = {}): Promise<BegunAnswer> {
  return own.store.unitOfWork(async (unit) => {
    const wanted = { ...key, ...changes }
    const begun = await beginAnswer(unit, wanted, bodyHash, after(0))
    if (begun.kind !== 'first') return begun
    effects.push(bodyHash)
    await own.clock.sleep(5)
    await completeAnswer(unit, wanted, { status: 201, contentType: 'application/json', body: '{"ok":true}' })
    return begun
  })
}

test('five equal requests at once are performed once, and the others get the first one’s answer', async () => {
  const effects: string[] = []
  const begun = await Promise.all(Array.from({ length: 5 }, () => perform('h1', effects)))
  expect(effects).toEqual(['h1'])
  expect(begun.filter(({ kind }) => kind === 'first')).toHaveLength(1)
  expect(begun.filter(({ kind }) => kind === 'stored')).toHaveLength(4)
  expect(begun.find(({ kind }) => kind === 'stored')).toEqual({
    kind: 'stored',
    answer: { status: 201, contentType: 'application/json', body: '{"ok":true}' },
  })
  expect(await perform('h2', effects)).toEqual({ kind: 'body-differs' })
  expect(await perform('h2', effects, { route: '/v1/contracts' })).toEqual({ kind: 'first' })
})

test('a request that failed is forgotten with its unit, and old answers are forgotten on purpose', async () => {
  const failing = own.store.unitOfWork(async (unit) => {
    await beginAnswer(unit, { ...key, idempotencyKey: 'fails' }, 'h', after(0))
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await perform('h', [], { idempotencyKey: 'fails' })).toEqual({ kind: 'first' })
  expect(await own.store.unitOfWork((unit) => forgetAnswers(unit, after(0)))).toBe(0)
  expect(await own.store.unitOfWork((unit) => forgetAnswers(unit, after(1)))).toBe(3)
})

test('acts are listed the latest first, by pages, and by whom or what', async () => {
  for (const subject of ['a', 'b', 'c']) {
    const act = {
      actor: 'ann',
      action: 'close-month',
      subjectKind: 'month',
      subject,
      detail: { because: subject },
    }
    await own.store.unitOfWork((unit) => recordAct(unit, act, after(0)))
  }
  const first = await listActs(own.store.read, { actor: 'ann', limit: 2 })
  expect(first.map(({ subject }) => subject)).toEqual(['c', 'b'])
  const second = await listActs(own.store.read, { beforeSeq: first[1]?.seq as number })
  expect(second).toMatchObject([{ subject: 'a', detail: { because: 'a' }, happenedAt: after(0) }])
  expect(await listActs(own.store.read, { subject: 'b' })).toHaveLength(1)
})

test('a mark moves, one for each stream of a connection', async () => {
  const move = (stream: string, mark: string, at: number) =>
    own.store.unitOfWork((unit) => moveSweepMark(unit, 'hubspot:1', stream, mark, after(at)))
  expect(await sweepMarkOf(own.store.read, 'hubspot:1', 'deals')).toBeNull()
  await move('deals', 'm1', 1)
  await move('deals', 'm2', 2)
  await move('owners', 'o1', 3)
  expect(await listSweepMarks(own.store.read)).toEqual([
    { connection: 'hubspot:1', stream: 'deals', mark: 'm2', sweptAt: after(2) },
    { connection: 'hubspot:1', stream: 'owners', mark: 'o1', sweptAt: after(3) },
  ])
})
