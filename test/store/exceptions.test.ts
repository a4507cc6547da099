import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Issue } from '../../src/domain/issue.ts'
import { money } from '../../src/domain/money.ts'
import {
  exceptionGroups,
  exceptionOf,
  listExceptions,
  openExceptionCount,
  openIssues,
  resolveSubject,
  settleException,
  stoppedSubjects,
} from '../../src/store/exceptions.ts'
import { after, ownStore, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

function issue(field: string, changes: Partial<Issue> = {}): Issue {
  return {
    code: 'LOOKUP_MISS',
    field,
    found: 'GTXPro',
    sentence: 'The product is not in the table.',
    action: 'Add it.',
    owner: 'revops',
    cause: 'lookup products has no entry "GTXPro"',
    ...changes,
  }
}

const about = (subject: string, queue = 'draft-contract') => ({
  queue,
  subjectKind: 'deal',
  subject,
  caseId: null,
})

function open(subject: string, issues: Issue[], at = 0, queue?: string) {
  return own.store.unitOfWork((unit) => openIssues(unit, about(subject, queue), issues, after(at)))
}

async function standing(subject: string) {
  const listed = await listExceptions(own.store.read, { subject })
  return Object.fromEntries(listed.map(({ field, state }) => [field, state]))
}

test('all faults of a deal stand at once; the same ones stay, gone ones resolve, new ones open', async () => {
  expect(await open('d1', [issue('product'), issue('date', { code: 'DATE_FORMAT' })], 1)).toBe(2)
  const [before] = await listExceptions(own.store.read, { subject: 'd1', code: 'LOOKUP_MISS' })
  expect(await open('d1', [issue('product', { sentence: 'Reworded.' }), issue('amount')], 2)).toBe(1)
  expect(await standing('d1')).toEqual({ product: 'open', date: 'resolved', amount: 'open' })
  expect(await exceptionOf(own.store.read, before?.exceptionId as string)).toMatchObject({
    openedAt: after(1),
    sentence: 'Reworded.',
  })
  expect(await open('d1', [], 3)).toBe(0)
  expect(await standing('d1')).toEqual({ product: 'resolved', date: 'resolved', amount: 'resolved' })
})

test('what another queue found about the same deal is left alone', async () => {
  await open('d2', [issue('product')])
  await open('d2', [issue('price', { code: 'PRICE_ARCHIVED' })], 0, 'provision-billing')
  await open('d2', [], 1)
  expect(await standing('d2')).toEqual({ product: 'resolved', price: 'open' })
})

test('an ignored exception stays ignored when it is found again, and ends when it is gone', async () => {
  await open('d3', [issue('product')])
  const [found] = await listExceptions(own.store.read, { subject: 'd3' })
  const id = found?.exceptionId as string
  const settle = () =>
    own.store.unitOfWork((unit) =>
      settleException(unit, id, 'ignored', { by: 'ann', resolution: 'pilot', at: after(1) }),
    )
  expect(await settle()).toBe(true)
  expect(await settle()).toBe(false)
  expect(await open('d3', [issue('product')], 2)).toBe(0)
  expect(await exceptionOf(own.store.read, id)).toMatchObject({
    state: 'ignored',
    resolvedBy: 'ann',
    resolution: 'pilot',
  })
  await open('d3', [], 3)
  expect(await standing('d3')).toEqual({ product: 'resolved' })
})

test('a fault that comes back opens anew', async () => {
  await open('d4', [issue('product')])
  expect(
    await own.store.unitOfWork((unit) =>
      resolveSubject(unit, about('d4'), { by: 'ann', resolution: 'done', at: after(1) }),
    ),
  ).toBe(1)
  expect(await open('d4', [issue('product')], 2)).toBe(1)
  expect(await listExceptions(own.store.read, { subject: 'd4' })).toMatchObject([
    { state: 'open', openedAt: after(2) },
    { state: 'resolved', resolvedAt: after(1) },
  ])
})

test('equal causes make one group with its money in each currency, and name what they stop', async () => {
  const cause = 'lookup regions has no entry "EMEA"'
  await open('g1', [issue('region', { cause, amount: money('USD', 9_007_199_254_740_993n) })], 5)
  await open('g2', [issue('region', { cause, amount: money('USD', 7n) })], 4)
  await open('g3', [issue('region', { cause, amount: money('EUR', 1n) })], 6)
  await open('g4', [issue('region', { cause })], 7)
  const group = (await exceptionGroups(own.store.read)).find((item) => item.cause === cause)
  expect(group).toEqual({
    code: 'LOOKUP_MISS',
    cause,
    owner: 'revops',
    count: 4,
    oldestAt: after(4),
    amounts: [money('EUR', 1n), money('USD', 9_007_199_254_741_000n)],
  })
  const stopped = await stoppedSubjects(own.store.read, cause)
  expect(stopped.map(({ subject }) => subject).sort()).toEqual(['g1', 'g2', 'g3', 'g4'])
  expect(await openExceptionCount(own.store.read)).toBe(6)
})
