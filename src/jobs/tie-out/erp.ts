import { accountName } from '../../domain/chart.ts'
import { formatMoney } from '../../domain/money.ts'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import { trialBalance } from '../../store/balances.ts'
import { listJournals } from '../../store/journals.ts'
import type { JobContext } from '../job.ts'
import { readPatiently } from './books.ts'

/** The ledger of every month that has journals equals the ERP's books, by entity, month, currency and account. */
export async function tieOutErp({ store, erp, clock }: JobContext): Promise<TieOutResult> {
  const ours = new Map<string, string>()
  const theirs = new Map<string, string>()
  const scopes = new Map(
    (await listJournals(store.read)).map(({ entity, month, currency }) => [
      `${entity} ${month} ${currency}`,
      { entity, month, currency },
    ]),
  )
  for (const [name, { entity, month, currency }] of scopes) {
    for (const { account, debit, credit } of await trialBalance(store.read, { entity, month, currency })) {
      ours.set(`${name} ${accountName(account)} debit`, formatMoney(debit))
      ours.set(`${name} ${accountName(account)} credit`, formatMoney(credit))
    }
    for (const { account, debit, credit } of await readPatiently(
      () => erp.totals(entity, month, currency),
      'totals of the ERP',
      clock,
    )) {
      theirs.set(`${name} ${accountName(account)} debit`, formatMoney(debit))
      theirs.set(`${name} ${accountName(account)} credit`, formatMoney(credit))
    }
  }
  return compareBooks('erp', ours, theirs, (_item, _left, right) =>
    right === null
      ? 'the ERP has no journal of ours on this account'
      : 'a journal is missing in the ERP, or was changed there',
  )
}
