import { accountName } from '../../domain/chart.ts'
import type { JournalScope } from '../../domain/journal.ts'
import { formatMoney } from '../../domain/money.ts'
import type { TieOutResult } from '../../domain/reconcile.ts'
import { compareBooks } from '../../domain/reconcile.ts'
import { trialBalance } from '../../store/balances.ts'
import { currenciesOf } from '../../store/book-lookup.ts'
import { listJournals } from '../../store/journals.ts'
import { listMonths } from '../../store/months.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import type { JobContext } from '../job.ts'
import { readPatiently } from './books.ts'

/**
 * The ledger of every month that is closed, or has journals, equals the ERP's books, by entity, month, currency and account. A closed month
 * whose journals were never drafted is a difference too.
 */
export async function tieOutErp({ store, erp, clock }: JobContext): Promise<TieOutResult> {
  const ours = new Map<string, string>()
  const theirs = new Map<string, string>()
  const scopes = new Map(
    [...(await closedScopes(store.read)), ...(await listJournals(store.read))].map(
      ({ entity, month, currency }) => [`${entity} ${month} ${currency}`, { entity, month, currency }],
    ),
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

/** Each currency that moved in a closed month. */
async function closedScopes(reader: Reader): Promise<JournalScope[]> {
  const scopes: JournalScope[] = []
  for (const { entity, month, state } of await listMonths(reader)) {
    if (state !== 'closed') continue
    const currencies = await currenciesOf(reader, entity, month)
    scopes.push(...currencies.map((currency) => ({ entity, month, currency })))
  }
  return scopes
}
