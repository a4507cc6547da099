import { bookFact } from './book-fact.ts'
import { checkToldUsage } from './check-told-usage.ts'
import { draftContract } from './draft-contract.ts'
import { handOverCharge } from './hand-over-charge.ts'
import { intakeDeal } from './intake-deal.ts'
import type { Job } from './job.ts'
import { postJournal } from './post-journal.ts'
import { provisionBilling } from './provision-billing.ts'
import { recognizeRevenue } from './recognize-revenue.ts'
import { reconcileBooks } from './reconcile-books.ts'
import { reportUsage } from './report-usage.ts'
import { settleUsage } from './settle-usage.ts'
import { sweepBilling } from './sweep-billing.ts'
import { sweepCrm } from './sweep-crm.ts'
import { writeBackStatus } from './write-back-status.ts'

/** Every job of the hub, in the order of the pipe. */
export const allJobs: readonly Job[] = [
  sweepCrm,
  intakeDeal,
  draftContract,
  provisionBilling,
  handOverCharge,
  reportUsage,
  settleUsage,
  checkToldUsage,
  sweepBilling,
  bookFact,
  recognizeRevenue,
  postJournal,
  reconcileBooks,
  writeBackStatus,
]
