/**
 * Read this first: what Tieout does, in order. Everything that lists stages reads this table.
 */
export const flow = [
  { stage: 'deal', takes: 'a closed-won opportunity', leaves: 'a deal snapshot', job: 'intake-deal' },
  {
    stage: 'contract',
    takes: 'a deal and a mapping version',
    leaves: 'a contract version, or an exception that names each fault',
    job: 'draft-contract',
  },
  {
    stage: 'billing',
    takes: 'a contract version',
    leaves: 'customer, prices, coupons and subscription at Stripe',
    job: 'provision-billing',
  },
  {
    stage: 'usage',
    takes: 'usage events',
    leaves: 'rated usage, and meter events at Stripe',
    job: 'report-usage',
  },
  {
    stage: 'ledger',
    takes: 'facts from Stripe: invoice finalized, paid, credited, refunded',
    leaves: 'ledger transactions',
    job: 'book-fact',
  },
  { stage: 'revenue', takes: 'a month end', leaves: 'recognition transactions', job: 'recognize-revenue' },
  {
    stage: 'erp',
    takes: 'a closed month',
    leaves: 'journal entries in NetSuite, exactly once',
    job: 'post-journal',
  },
  { stage: 'tie-out', takes: 'all books', leaves: 'named differences, or none', job: 'reconcile-books' },
] as const
