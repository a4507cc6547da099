import type { Command } from 'commander'
import { Option } from 'commander'
import { dealStates } from '../../domain/deal.ts'
import { readSeconds, readWhole } from './arguments.ts'
import type { DealListOptions } from './deal-list.ts'
import type { DealPlanOptions } from './deal-plan.ts'
import type { DealRetryOptions } from './deal-retry.ts'
import type { CommonOptions } from './run-command.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

const anyId = "any id: ours, the CRM's, the contract's number, or the subscription's"

/** Adds `tieout deals`. */
export function addDeals(program: Command): void {
  const deals = program.command('deals').description('Deals: where each stands, and what would become of it.')
  withCommonOptions(deals.command('list'))
    .description('List deals, the latest seen first.')
    .addOption(new Option('--state <state>', 'only deals in this state').choices(dealStates))
    .option('--limit <count>', 'how many at most', readWhole, 50)
    .option('--after <id>', 'go on after this one')
    .addHelpText('after', listExamples)
    .action((options: DealListOptions) =>
      runCommand(options, async (session) =>
        (await import('./deal-list.ts')).listDealsCommand(session, options),
      ),
    )
  withCommonOptions(deals.command('show').argument('<id>', anyId))
    .description('Show one deal: its contract, what stops it, and what happened to it.')
    .addHelpText('after', showExamples)
    .action((id: string, options: CommonOptions) =>
      runCommand(options, async (session) => (await import('./deal-show.ts')).showDeal(session, id)),
    )
  withCommonOptions(deals.command('plan').argument('<id>', anyId))
    .description('Show what would become of a deal: contract, billing, invoices, revenue. Nothing is sent.')
    .option('--from-crm', 'read the deal in the CRM now, also one the hub has not seen')
    .addHelpText('after', planExamples)
    .action((id: string, options: DealPlanOptions) =>
      runCommand(options, async (session) => (await import('./deal-plan.ts')).planDeal(session, id, options)),
    )
  addRetry(deals)
}

function addRetry(deals: Command): void {
  withCommonOptions(deals.command('retry').argument('<id...>', anyId))
    .description('Take stopped or ignored deals up again, read anew from the CRM.')
    .option('--wait', 'see it done: by the running hub, or by this command when none runs')
    .option('--timeout <seconds>', 'how long to wait', readSeconds, 60)
    .addHelpText('after', retryExamples)
    .action((ids: string[], options: DealRetryOptions) =>
      runCommand(options, async (session) =>
        (await import('./deal-retry.ts')).retryDeals(session, ids, options),
      ),
    )
}

const listExamples = `
Examples:
  tieout deals list
  tieout deals list --state exception --json
`
const showExamples = `
Examples:
  tieout deals show C-1001
  tieout deals show 006Qy000003XyzAIAS --json
`
const planExamples = `
Examples:
  tieout deals plan 006Qy000003XyzAIAS
  tieout deals plan 006Qy000003XyzAIAS --from-crm    before the deal is closed
`
const retryExamples = `
Examples:
  tieout deals retry C-1001 --wait
`
