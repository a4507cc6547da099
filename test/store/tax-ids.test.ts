import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TaxIdStatus } from '../../src/domain/tax-id-check.ts'
import { ensureCustomer, linkProviderCustomer } from '../../src/store/customers.ts'
import type { StoredTaxId } from '../../src/store/tax-ids.ts'
import { keepTaxIds, lockCustomersOf, taxIdsOfCustomer } from '../../src/store/tax-ids.ts'
import { after, ownStore, start, type OwnStore } from './store.ts'

let own: OwnStore
let customerId = ''

beforeAll(async () => {
  own = await ownStore()
  customerId = await own.store.unitOfWork(async (unit) => {
    const wanted = { crm: 'hubspot' as const, org: '4711', crmAccountId: 'a1', entity: 'eu', name: 'Nordsee' }
    const customer = await ensureCustomer(unit, wanted, start)
    await linkProviderCustomer(unit, customer.customerId, 'cus_1', start)
    return customer.customerId
  })
})

afterAll(() => own.close())

function answer(taxIdId: string, status: TaxIdStatus, seconds: number): StoredTaxId {
  const verifiedName = status === 'verified' ? 'Nordsee Versand GmbH' : null
  return {
    taxIdId,
    customerId,
    type: 'eu_vat',
    value: 'DE123456789',
    status,
    verifiedName,
    verifiedAddress: null,
    occurredAt: after(seconds),
  }
}

async function kept(taxIdId: string, ...units: StoredTaxId[][]): Promise<string | undefined> {
  for (const answers of units) await own.store.unitOfWork((unit) => keepTaxIds(unit, answers))
  const held = await taxIdsOfCustomer(own.store.read, customerId)
  return held.find((one) => one.taxIdId === taxIdId)?.status
}

test('the newest answer stays when an older one comes after it, and when all come at once', async () => {
  const [pending, verified] = [answer('txi_1', 'pending', 0), answer('txi_1', 'verified', 60)]
  expect(await kept('txi_1', [verified], [pending], [verified])).toBe('verified')
  expect(await kept('txi_2', [answer('txi_2', 'verified', 60), answer('txi_2', 'pending', 0)])).toBe(
    'verified',
  )
})

test('a register that changes its mind is followed', async () => {
  expect(await kept('txi_3', [answer('txi_3', 'verified', 0)], [answer('txi_3', 'unverified', 9)])).toBe(
    'unverified',
  )
})

test('in one and the same second an answer outranks the check under way, in either order', async () => {
  expect(await kept('txi_4', [answer('txi_4', 'unverified', 5)], [answer('txi_4', 'pending', 5)])).toBe(
    'unverified',
  )
  expect(await kept('txi_5', [answer('txi_5', 'pending', 5)], [answer('txi_5', 'verified', 5)])).toBe(
    'verified',
  )
})

test('what was removed is not brought back by a late answer', async () => {
  expect(await kept('txi_6', [answer('txi_6', 'removed', 9)], [answer('txi_6', 'verified', 8)])).toBe(
    'removed',
  )
})

test('the verified name is kept with the answer', async () => {
  await kept('txi_7', [answer('txi_7', 'verified', 1)])
  const held = await taxIdsOfCustomer(own.store.read, customerId)
  expect(held.find(({ taxIdId }) => taxIdId === 'txi_7')?.verifiedName).toBe('Nordsee Versand GmbH')
})

test('a customer is ours by its id at the provider; another one is not', async () => {
  const ours = await own.store.unitOfWork((unit) => lockCustomersOf(unit, ['cus_1', 'cus_2']))
  expect([...ours]).toEqual([['cus_1', customerId]])
})
