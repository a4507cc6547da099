import * as z from 'zod'
import type { BooksAccount, BooksEntity, BooksSettings } from '../../src/domain/books.ts'
import { booksAccountOf, entityOf } from '../../src/domain/books.ts'
import type { Account } from '../../src/domain/chart.ts'
import { accountName } from '../../src/domain/chart.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { ReferenceFault } from '../../src/ports/erp.ts'
import { isMissing, jsonOf, unreadable } from './refusal.ts'
import type { Ask } from './suiteql.ts'

const AccountRecord = z.object({
  acctName: z.string(),
  isInactive: z.boolean().default(false),
  isSummary: z.boolean().default(false),
})

const SubsidiaryRecord = z.object({ currency: z.object({ id: z.string() }) })

/**
 * Compares what the settings say of a seller and of accounts with NetSuite's own records, all faults at once. Records are read by REST, because
 * SuiteQL's account table has no column with the name alone. A role that may post without reading these lists is not held up: then NetSuite
 * judges each journal by itself.
 */
export async function referenceFaults(
  ask: Ask,
  settings: BooksSettings,
  entityId: string,
  accounts: readonly Account[],
): Promise<Answer<readonly ReferenceFault[]>> {
  const entity = entityOf(settings, entityId)
  if (entity === null)
    return answered([{ field: 'subsidiary', found: entityId, reason: `no entity "${entityId}" is set up` }])
  const looks = [
    subsidiaryFaults(ask, settings, entity),
    ...accounts.map((account) => accountFaults(ask, settings, account)),
  ]
  const faults: ReferenceFault[] = []
  for (const answer of await Promise.all(looks)) {
    if (answer.kind === 'auth') continue
    if (answer.kind !== 'ok') return answer
    faults.push(...answer.value)
  }
  return answered(faults)
}

async function subsidiaryFaults(
  ask: Ask,
  settings: BooksSettings,
  { id, subsidiary, functionalCurrency }: BooksEntity,
): Promise<Answer<ReferenceFault[]>> {
  const fault = (found: string, reason: string) => answered([{ field: 'subsidiary', found, reason }])
  const answer = await ask('read', 'GET', `record/v1/subsidiary/${subsidiary}`)
  if (isMissing(answer)) return fault(subsidiary, `NetSuite has no subsidiary ${subsidiary} for ${id}`)
  if (answer.kind !== 'ok') return answer
  const record = SubsidiaryRecord.safeParse(jsonOf(answer.value.text))
  if (!record.success) return unreadable(answer.value, 'read')
  const { id: found } = record.data.currency
  if (found === settings.currencies[functionalCurrency]) return answered([])
  const named = Object.keys(settings.currencies).find((code) => settings.currencies[code] === found)
  const currency = named ?? `currency ${found}`
  return fault(
    currency,
    `subsidiary ${subsidiary} keeps its books in ${currency}, not in ${functionalCurrency} as ${id} does`,
  )
}

async function accountFaults(
  ask: Ask,
  settings: BooksSettings,
  account: Account,
): Promise<Answer<ReferenceFault[]>> {
  const field = `account ${accountName(account)}`
  const row = booksAccountOf(settings, account)
  if (row === null)
    return answered([
      { field, found: accountName(account), reason: `no row of the settings maps "${accountName(account)}"` },
    ])
  const fault = (found: string, reason: string) => answered([{ field, found, reason }])
  const answer = await ask('read', 'GET', `record/v1/account/${row.account}`)
  if (isMissing(answer)) return fault(row.account, `NetSuite has no account ${row.account} any more`)
  if (answer.kind !== 'ok') return answer
  const record = AccountRecord.safeParse(jsonOf(answer.value.text))
  if (!record.success) return unreadable(answer.value, 'read')
  const reason = unusable(row, record.data)
  return reason === null ? answered([]) : fault(record.data.acctName, reason)
}

function unusable(
  { account, name }: BooksAccount,
  { acctName, isInactive, isSummary }: z.output<typeof AccountRecord>,
): string | null {
  if (isInactive) return `account ${account} is inactive in NetSuite`
  if (isSummary) return `account ${account} is a summary account in NetSuite, which takes no postings`
  if (acctName.trim() === name.trim()) return null
  return `account ${account} is called "${acctName}" in NetSuite, not "${name}"`
}
