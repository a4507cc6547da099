import { Big } from 'big.js'
import { money, roundToInteger, toDecimal } from '../../../src/domain/money.ts'
import type { Cell, SqlRows } from './sql-values.ts'
import type { JournalLineRecord, JournalRecord, NetSuiteState } from './state.ts'

/** The tables of SuiteQL that the twin has, by lower-case name; undefined for others. */
export function sqlTable(state: NetSuiteState, name: string): SqlRows | undefined {
  const table = tables[name]
  if (table === undefined) return undefined
  const columns = table.columns.split(' ')
  const rows = table
    .rows(state)
    .map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null])))
  return { columns, rows }
}

type Table = { readonly columns: string; readonly rows: (state: NetSuiteState) => Cell[][] }

const tables: Readonly<Record<string, Table>> = {
  transaction: {
    columns:
      'id type recordtype tranid externalid trandate posting postingperiod currency exchangerate memo voided status lastmodifieddate',
    rows: (state) => [...state.journals.values()].map(transactionCells),
  },
  transactionline: {
    columns:
      'transaction id linesequencenumber expenseaccount memo subsidiary entity class department location debitforeignamount creditforeignamount foreignamount',
    rows: (state) =>
      [...state.journals.values()].flatMap((journal) =>
        journal.lines.map((line) => lineCells(state, journal, line)),
      ),
  },
  transactionaccountingline: {
    columns: 'transaction transactionline account accountingbook posting debit credit amount',
    rows: (state) =>
      [...state.journals.values()].flatMap((journal) =>
        journal.lines.map((line) => accountingCells(state, journal, line)),
      ),
  },
  accountingperiod: {
    columns:
      'id periodname startdate enddate closed alllocked arlocked aplocked isquarter isyear isadjust isposting',
    rows: (state) =>
      [...state.periods.values()].map((period) => [
        new Big(period.id),
        period.periodName,
        { date: period.startDate },
        { date: period.endDate },
        ...[period.closed, period.allLocked, period.arLocked, period.apLocked].map(flag),
        ...[period.isQuarter, period.isYear, false, !period.isQuarter && !period.isYear].map(flag),
      ]),
  },
  account: {
    columns: 'id acctnumber acctname accttype isinactive issummary',
    rows: (state) =>
      [...state.accounts.values()].map((account) => [
        new Big(account.id),
        account.acctNumber,
        account.acctName,
        account.acctType,
        flag(account.isInactive),
        flag(account.isSummary),
      ]),
  },
  subsidiary: {
    columns: 'id name currency isinactive',
    rows: (state) =>
      [...state.subsidiaries.values()].map(({ id, name, currency, isInactive }) => [
        new Big(id),
        name,
        new Big(currency),
        flag(isInactive),
      ]),
  },
  currency: {
    columns: 'id symbol name',
    rows: (state) => [...state.currencies.values()].map(({ id, symbol }) => [new Big(id), symbol, symbol]),
  },
}

function transactionCells(journal: JournalRecord): Cell[] {
  return [
    new Big(journal.id),
    'Journal',
    'journalentry',
    journal.tranId,
    journal.externalId,
    { date: journal.tranDate },
    flag(posts(journal)),
    new Big(journal.postingPeriod),
    new Big(journal.currency),
    new Big(journal.exchangeRate),
    journal.memo,
    flag(journal.isVoid),
    journal.approvalStatus,
    { date: journal.lastModifiedDate.slice(0, 10) },
  ]
}

function lineCells(state: NetSuiteState, journal: JournalRecord, line: JournalLineRecord): Cell[] {
  const symbol = state.currencies.get(journal.currency)?.symbol ?? ''
  const [debit, credit] = amountsOf(journal, line).map((minor) => decimal(symbol, minor))
  return [
    new Big(journal.id),
    new Big(line.line),
    new Big(line.line - 1),
    new Big(line.account),
    line.memo,
    new Big(journal.subsidiary),
    idCell(line.entity),
    idCell(line.class),
    idCell(line.department),
    idCell(line.location),
    debit ?? null,
    credit ?? null,
    debit ?? credit?.neg() ?? null,
  ]
}

/** The general ledger's side of a line: amounts in the subsidiary's own currency, rounded line by line. */
function accountingCells(state: NetSuiteState, journal: JournalRecord, line: JournalLineRecord): Cell[] {
  const [foreign, base] = [journal.currency, state.subsidiaries.get(journal.subsidiary)?.currency ?? ''].map(
    (id) => state.currencies.get(id)?.symbol ?? '',
  ) as [string, string]
  const [debit, credit] = amountsOf(journal, line).map((minor) => {
    const exact = decimal(foreign, minor)?.times(journal.exchangeRate)
    return exact === undefined ? null : rounded(base, exact)
  })
  return [
    new Big(journal.id),
    new Big(line.line),
    new Big(line.account),
    new Big(1),
    flag(posts(journal)),
    debit ?? null,
    credit ?? null,
    debit ?? credit?.neg() ?? null,
  ]
}

/** A voided journal keeps its lines without any effect on the books. */
function amountsOf(journal: JournalRecord, line: JournalLineRecord): (bigint | null)[] {
  return journal.isVoid ? [null, null] : [line.debitMinor, line.creditMinor]
}

/** Only an approved journal is in the books. */
function posts(journal: JournalRecord): boolean {
  return journal.approvalStatus === '2'
}

function decimal(symbol: string, minor: bigint | null): Big | undefined {
  return minor === null ? undefined : new Big(toDecimal(money(symbol, minor)))
}

function rounded(symbol: string, exact: Big): Big {
  const one = new Big(toDecimal(money(symbol, 1n)))
  return new Big(roundToInteger(exact.div(one)).toString()).times(one)
}

function idCell(id: string | null): Cell {
  return id === null ? null : new Big(id)
}

function flag(value: boolean): Cell {
  return value ? 'T' : 'F'
}
