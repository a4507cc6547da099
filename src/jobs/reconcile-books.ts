import type { TieOutName, TieOutResult } from '../domain/reconcile.ts'
import { tieOuts } from '../domain/reconcile.ts'
import type { Proving } from '../store/proven-usage.ts'
import { failRun, finishRun, startRun } from '../store/reconciliation.ts'
import { done } from './job.ts'
import type { Job, JobContext } from './job.ts'
import { endItem } from './settle-item.ts'
import type { OurBooks } from './tie-out/books.ts'
import { loadOurBooks } from './tie-out/books.ts'
import { tieOutContracts } from './tie-out/contracts.ts'
import { tieOutDeals } from './tie-out/deals.ts'
import { tieOutErp } from './tie-out/erp.ts'
import { tieOutInvoices } from './tie-out/invoices.ts'
import { tieOutLedger } from './tie-out/ledger.ts'
import { tieOutRevenue } from './tie-out/revenue.ts'
import { Unreachable } from './tie-out/unreachable.ts'
import { tieOutUsage } from './tie-out/usage.ts'

const comparisons: Readonly<
  Record<
    TieOutName,
    (our: OurBooks, context: JobContext, proving?: Proving) => Promise<TieOutResult> | TieOutResult
  >
> = {
  deals: (_our, context) => tieOutDeals(context),
  contracts: tieOutContracts,
  usage: (_our, context, proving) => tieOutUsage(context, proving),
  invoices: tieOutInvoices,
  ledger: (_our, context) => tieOutLedger(context),
  revenue: tieOutRevenue,
  erp: (_our, context) => tieOutErp(context),
}

/** Stage 8: compares all books and writes down each difference by name. The subject is `all`. */
export const reconcileBooks: Job = {
  queue: 'reconcile-books',
  batchSize: 1,
  concurrency: 1,
  async run([item], context) {
    if (!item) return
    await tieOut(context)
    await context.store.unitOfWork((unit) => endItem(unit, item, done, context))
  },
}

/** What became of one of the seven: a result, or the reason why it could not be made. */
export type TiedOut = TieOutResult | { readonly name: TieOutName; readonly failed: string }

/**
 * Makes the seven comparisons, keeps each as a run with its differences, and answers them in the order of the pipe. `proving` says how the usage of days that
 * are over is proven.
 */
export async function tieOut(context: JobContext, proving?: Proving): Promise<TiedOut[]> {
  const our = await loadOurBooks(context)
  const results: TiedOut[] = []
  for (const { name } of tieOuts) results.push(await compareOne(name, our, context, proving))
  return results
}

async function compareOne(
  name: TieOutName,
  our: OurBooks,
  context: JobContext,
  proving?: Proving,
): Promise<TiedOut> {
  const { store, clock } = context
  const runId = await store.unitOfWork((unit) => startRun(unit, name, null, clock.now()))
  try {
    const result = await comparisons[name](our, context, proving)
    await store.unitOfWork((unit) => keep(unit, runId, result, clock.now()))
    return result
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    await store.unitOfWork((unit) => failRun(unit, runId, error.message, clock.now()))
    return { name, failed: error.message }
  }
}

function keep(
  unit: Parameters<typeof finishRun>[0],
  runId: string,
  result: TieOutResult,
  at: Date,
): Promise<void> {
  const { population, differences } = result
  const matched = population - differences.length
  return finishRun(
    unit,
    runId,
    { population, matched },
    differences.map(({ item, left, right, cause }) => ({
      subjectKind: result.name,
      subject: item,
      field: 'figure',
      expected: left,
      found: right,
      amount: null,
      cause,
      occurredAt: null,
    })),
    at,
  )
}
