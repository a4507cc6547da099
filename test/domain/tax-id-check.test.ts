import { expect, test } from 'vitest'
import type { CheckedTaxId } from '../../src/domain/tax-id-check.ts'
import { taxIdNotVerified, taxIdsOf } from '../../src/domain/tax-id-check.ts'

const agreed = [{ type: 'eu_vat', value: 'DE 123.456.789' }]

function checked(status: CheckedTaxId['status'], value = 'DE123456789'): CheckedTaxId {
  const checkedAt = new Date('2026-01-01T12:00:00Z')
  return { type: 'eu_vat', value, status, verifiedName: null, verifiedAddress: null, checkedAt }
}

test('an agreed tax id that nobody answered for is pending, never verified', () => {
  expect(taxIdsOf(agreed, [])).toEqual([
    {
      type: 'eu_vat',
      value: 'DE 123.456.789',
      status: 'pending',
      verifiedName: null,
      verifiedAddress: null,
      checkedAt: null,
    },
  ])
})

test('the answer belongs to the agreed tax id however it is spaced', () => {
  expect(taxIdsOf(agreed, [checked('verified')])).toEqual([checked('verified')])
})

test('a tax id of another type is another one, shown beside the agreed one', () => {
  const other = { ...checked('verified'), type: 'gb_vat' }
  expect(taxIdsOf(agreed, [other]).map(({ type, status }) => [type, status])).toEqual([
    ['eu_vat', 'pending'],
    ['gb_vat', 'verified'],
  ])
})

test('one that was removed and added again counts as it stands now', () => {
  expect(taxIdsOf(agreed, [checked('removed'), checked('unverified')])).toEqual([checked('unverified')])
})

test('one that was removed shows only where it is still agreed', () => {
  expect(taxIdsOf(agreed, [checked('removed')])).toEqual([checked('removed')])
  expect(taxIdsOf([], [checked('removed')])).toEqual([])
})

test('finance reads which number of whom the register does not know', () => {
  const issue = taxIdNotVerified('Nordsee Versand', checked('unverified', 'DE111111111'))
  expect(issue).toMatchObject({ code: 'TAX_ID_UNVERIFIED', owner: 'finance', found: 'eu_vat DE111111111' })
  expect(issue.sentence).toContain('the tax id DE111111111 (eu_vat) of Nordsee Versand')
})
