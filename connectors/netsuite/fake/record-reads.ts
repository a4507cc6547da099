import { money, toDecimal } from '../../../src/domain/money.ts'
import type { JournalLineRecord, JournalRecord, NetSuiteState } from './state.ts'
import { journalAt } from './state.ts'
import type { Reply } from './reply.ts'
import { errorReply, invalidRequest, jsonReply, nonexistent } from './reply.ts'

type Json = Readonly<Record<string, unknown>>
type ReadQuery = Readonly<Record<string, string>>

/** Reads one record of any type the twin has; null when it has no such type. */
export function readRecord(
  state: NetSuiteState,
  type: string,
  key: string,
  query: ReadQuery,
  address: string,
): Reply | null {
  const base = `${address}/services/rest/record/v1`
  if (type === 'journalEntry') {
    const journal = journalAt(state, key)
    if (journal === undefined) return errorReply(nonexistent)
    return jsonReply(journalJson(state, journal, query['expandSubResources'] === 'true', base))
  }
  const shape = shapes[type]
  if (shape === undefined) return null
  const record = shape(state, key)
  return record === null
    ? errorReply(nonexistent)
    : jsonReply({ links: linksTo(`${base}/${type}/${key}`), id: key, ...record })
}

const shapes: Readonly<Record<string, (state: NetSuiteState, id: string) => Json | null>> = {
  account: (state, id) => {
    const account = state.accounts.get(id)
    if (account === undefined) return null
    const { acctNumber, acctName, acctType, isInactive, isSummary } = account
    return { acctNumber, acctName, acctType: { id: acctType, refName: acctType }, isInactive, isSummary }
  },
  accountingPeriod: (state, id) => {
    const period = state.periods.get(id)
    return period === undefined
      ? null
      : { ...period, isAdjust: false, isPosting: !period.isQuarter && !period.isYear }
  },
  currency: (state, id) => {
    const symbol = state.currencies.get(id)?.symbol
    return symbol === undefined ? null : { symbol, name: symbol }
  },
  subsidiary: (state, id) => {
    const subsidiary = state.subsidiaries.get(id)
    return subsidiary === undefined
      ? null
      : { name: subsidiary.name, isInactive: subsidiary.isInactive, currency: { id: subsidiary.currency } }
  },
}

function journalJson(state: NetSuiteState, journal: JournalRecord, expand: boolean, base: string): Json {
  const self = `${base}/journalEntry/${journal.id}`
  const reference = (type: string, id: string, refName: string) => ({
    links: linksTo(`${base}/${type}/${id}`),
    id,
    refName,
  })
  return {
    links: linksTo(self),
    id: journal.id,
    ...present({ externalId: journal.externalId, memo: journal.memo }),
    tranId: journal.tranId,
    tranDate: journal.tranDate,
    subsidiary: reference(
      'subsidiary',
      journal.subsidiary,
      state.subsidiaries.get(journal.subsidiary)?.name ?? '',
    ),
    currency: reference('currency', journal.currency, state.currencies.get(journal.currency)?.symbol ?? ''),
    exchangeRate: Number(journal.exchangeRate),
    postingPeriod: reference(
      'accountingPeriod',
      journal.postingPeriod,
      state.periods.get(journal.postingPeriod)?.periodName ?? '',
    ),
    approvalStatus: {
      id: journal.approvalStatus,
      refName: journal.approvalStatus === '2' ? 'Approved' : 'Pending',
    },
    void: journal.isVoid,
    createdDate: journal.createdDate,
    lastModifiedDate: journal.lastModifiedDate,
    ...journal.custom,
    line: expand ? linesJson(state, journal, self, base) : { links: linksTo(`${self}/line`) },
  }
}

function linesJson(state: NetSuiteState, journal: JournalRecord, self: string, base: string): Json {
  const symbol = state.currencies.get(journal.currency)?.symbol ?? 'USD'
  const items = journal.lines.map((line) => lineJson(state, line, symbol, `${self}/line/${line.line}`, base))
  return {
    links: linksTo(`${self}/line`),
    items,
    count: items.length,
    hasMore: false,
    offset: 0,
    totalResults: items.length,
  }
}

function lineJson(
  state: NetSuiteState,
  line: JournalLineRecord,
  symbol: string,
  self: string,
  base: string,
): Json {
  const amount = (minor: bigint | null) => (minor === null ? null : Number(toDecimal(money(symbol, minor))))
  return {
    links: linksTo(self),
    line: line.line,
    account: {
      links: linksTo(`${base}/account/${line.account}`),
      id: line.account,
      refName: state.accounts.get(line.account)?.acctName ?? '',
    },
    ...present({ debit: amount(line.debitMinor), credit: amount(line.creditMinor), memo: line.memo }),
    ...Object.fromEntries(
      (['entity', 'class', 'department', 'location'] as const).flatMap((name) =>
        line[name] === null ? [] : [[name, { id: line[name] }]],
      ),
    ),
    ...line.custom,
  }
}

/** Lists journals as links and ids; `q` knows `externalId`, `memo` and `tranId` with IS, START_WITH and CONTAIN, joined by AND. */
export function listJournals(state: NetSuiteState, query: ReadQuery, address: string): Reply {
  const page = pageOf(query)
  if (page === null)
    return errorReply(invalidRequest('The offset must be a multiple of the limit of 1 to 1000.'))
  const filter = filterOf(query['q'] ?? '')
  if (filter === null) return errorReply(invalidRequest('The q parameter could not be parsed.'))
  const found = [...state.journals.values()].filter(filter)
  const base = `${address}/services/rest/record/v1/journalEntry`
  const items = found
    .slice(page.offset, page.offset + page.limit)
    .map(({ id }) => ({ links: linksTo(`${base}/${id}`), id }))
  return jsonReply(collection(items, found.length, page.offset, base), 'collection')
}

/** A page of a list in NetSuite's form. */
export function collection(
  items: readonly unknown[],
  totalResults: number,
  offset: number,
  address: string,
): Json {
  return {
    links: linksTo(address),
    count: items.length,
    hasMore: offset + items.length < totalResults,
    items,
    offset,
    totalResults,
  }
}

/** `limit` and `offset` of a request, or null where NetSuite refuses them. */
export function pageOf(query: ReadQuery): { readonly limit: number; readonly offset: number } | null {
  const [limit, offset] = [Number(query['limit'] ?? '1000'), Number(query['offset'] ?? '0')]
  const isWhole = Number.isInteger(limit) && Number.isInteger(offset)
  return isWhole && limit >= 1 && limit <= 1000 && offset >= 0 && offset % limit === 0
    ? { limit, offset }
    : null
}

function filterOf(q: string): ((journal: JournalRecord) => boolean) | null {
  if (q === '') return () => true
  const terms = q
    .split(/\s+AND\s+/)
    .map((term) => /^(\w+) (IS|START_WITH|CONTAIN) "([^"]*)"$/.exec(term.trim()))
  if (terms.some((term) => term === null || !['externalId', 'memo', 'tranId'].includes(term[1] ?? '')))
    return null
  return (journal) =>
    terms.every((term) => {
      const [, field = '', operator = '', wanted = ''] = term ?? []
      const value = journal[field as 'externalId' | 'memo' | 'tranId'] ?? ''
      if (operator === 'IS') return value === wanted
      return operator === 'CONTAIN' ? value.includes(wanted) : value.startsWith(wanted)
    })
}

function linksTo(href: string): Json[] {
  return [{ rel: 'self', href }]
}

function present(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}
