import type { Command } from 'commander'
import { readMonth } from './arguments.ts'
import type { TrialBalanceOptions } from './trial-balance.ts'
import type { CommonOptions } from './run-command.ts'
import { runCommand, withCommonOptions } from './run-command.ts'

/** Adds `tieout ledger`. */
export function addLedger(program: Command): void {
  const ledger = program
    .command('ledger')
    .description('The books: balances, and the way of any amount through them.')
  withCommonOptions(ledger.command('trial-balance'))
    .description('Every account with its debits and credits.')
    .option('--entity <id>', 'only this legal seller')
    .option('--currency <code>', 'only this currency')
    .option('--month <month>', 'only what lies in this month', readMonth)
    .option('--through <month>', 'everything up to this month, it included', readMonth)
    .addHelpText('after', balanceExamples)
    .action((options: TrialBalanceOptions) =>
      runCommand(options, async (session) =>
        (await import('./trial-balance.ts')).showTrialBalance(session, options),
      ),
    )
  withCommonOptions(
    ledger
      .command('trace')
      .argument('<id>', 'a deal, contract, subscription, invoice, transaction, journal or payment'),
  )
    .description('Follow the money: deal, contract, subscription, invoices, ledger transactions, journals.')
    .addHelpText('after', traceExamples)
    .action((id: string, options: CommonOptions) =>
      runCommand(options, async (session) => (await import('./ledger-trace.ts')).traceMoney(session, id)),
    )
}

const balanceExamples = `
Examples:
  tieout ledger trial-balance
  tieout ledger trial-balance --entity us --through 2026-03 --json
`
const traceExamples = `
Examples:
  tieout ledger trace C-1001
  tieout ledger trace in_1Qy… --json
`
