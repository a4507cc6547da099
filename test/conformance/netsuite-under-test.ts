import type { Fault } from '../../connectors/fault-script.ts'
import { createNetSuiteErp } from '../../connectors/netsuite/netsuite.ts'
import { booksAccountOf, entityOf } from '../../src/domain/books.ts'
import type { Account } from '../../src/domain/chart.ts'
import type { Erp } from '../../src/ports/erp.ts'
import { netSuiteWorld } from './netsuite-world.ts'
import type { TransportName } from './netsuite-world.ts'

/** An ERP with its front door for trouble. Everything a test does to it goes through here. */
export type ErpUnderTest = {
  readonly erp: Erp
  /** Plans faults of the calls that write a journal, look one up, read totals or read an account. */
  fail(call: 'write' | 'look-up' | 'read-back' | 'account', fault: Omit<Fault, 'path' | 'method'>): void
  lock(month: string): void
  open(month: string): void
  lockBeforeNextWrite(month: string): void
  deactivate(account: Account): void
  rename(account: Account, name: string): void
  /** Takes an account away, as merging it into another does. */
  removeAccount(account: Account): void
  keepBooksIn(entity: string, currency: string): void
  /** Makes the form ask for a department on every line. */
  requireDepartment(): void
  /** Gives a journal another memo, as one that a person wrote has. */
  rewrite(externalId: string, memo: string): void
  voidJournal(externalId: string): void
  /** Moves the first line of a journal to an account that is none of ours. */
  moveFirstLine(externalId: string): void
  /** The books as the ERP counts them itself: account id, debit, credit. */
  truth(currency: string): readonly (readonly [string, string, string])[]
  journalCount(): number
  /** How many planned faults have not happened: zero after a test that needed them. */
  faultsLeft(): number
  close(): Promise<void>
}

const callPaths = {
  write: { method: 'POST', path: '/services/rest/record/v1/journalEntry' },
  'look-up': { method: 'GET', path: '/services/rest/record/v1/journalEntry/eid:' },
  'read-back': { method: 'POST', path: '/services/rest/query/v1/suiteql' },
  account: { method: 'GET', path: '/services/rest/record/v1/account/' },
} as const

/** NetSuite's connector over one of its transports, in front of the twin on a loopback port. */
export async function netSuiteUnderTest(name: TransportName): Promise<ErpUnderTest> {
  const { fake, clock, settings, transport, close } = await netSuiteWorld()
  const account = { acctNumber: '999', acctName: 'Suspense', acctType: 'OthCurrAsset', isSummary: false }
  fake.state.accounts.set('999', { ...account, id: '999', isInactive: false, subsidiaries: null })
  const idOf = (ours: Account) => booksAccountOf(settings, ours)?.account ?? ''
  return {
    erp: createNetSuiteErp({ settings, transport: transport(name), clock }),
    fail: (call, fault) => fake.faults.add({ ...callPaths[call], ...fault }),
    lock: (month) => fake.lockPeriod(month, 'all-locked'),
    open: (month) => fake.openPeriod(month),
    lockBeforeNextWrite: (month) => fake.lockPeriodBeforeNextWrite(month),
    deactivate: (ours) => fake.deactivateAccount(idOf(ours)),
    rename: (ours, acctName) => {
      const record = fake.state.accounts.get(idOf(ours))
      if (record !== undefined) record.acctName = acctName
    },
    removeAccount: (ours) => void fake.state.accounts.delete(idOf(ours)),
    keepBooksIn: (entity, currency) => {
      const id = entityOf(settings, entity)?.subsidiary ?? ''
      const record = fake.state.subsidiaries.get(id)
      if (record !== undefined)
        fake.state.subsidiaries.set(id, { ...record, currency: settings.currencies[currency] ?? '' })
    },
    requireDepartment: () => Object.assign(fake.state.settings, { requiredSegments: ['department'] }),
    rewrite: (externalId, memo) => fake.editJournal(externalId, { memo }),
    voidJournal: (externalId) => fake.voidJournal(externalId),
    moveFirstLine: (externalId) => fake.editJournal(externalId, { lines: [{ line: 1, account: '999' }] }),
    truth: (currency) =>
      fake
        .truth()
        .filter((total) => total.currency === currency && total.month === '2026-11')
        .map((total) => [total.account, total.debit, total.credit] as const),
    journalCount: () => fake.state.journals.size,
    faultsLeft: () => fake.faults.remaining(),
    close,
  }
}
