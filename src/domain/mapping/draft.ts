import { type ContractContext, checkContract, valueFindings, warnAboutContract } from '../contract-check.ts'
import { isActiveCurrency } from '../contract-check/currency-codes.ts'
import { termFindings } from '../contract-check/term.ts'
import type { DealSnapshot } from '../deal.ts'
import type { Issue } from '../issue.ts'
import { type Money, decimalsOf, fromDecimal } from '../money.ts'
import { type DealHead, type Finding, issueOf, warningOf } from '../sentence.ts'
import { assembleTerms, standInDay } from './assemble-terms.ts'
import { plainDecimal } from './decimal-value.ts'
import { type DraftedLines, draftLines } from './draft-lines.ts'
import { type RowValues, resolveRows } from './draft-rows.ts'
import { testExpression } from './draft-test.ts'
import { Filled } from './filled.ts'
import type { Drafted, Mapping } from './language.ts'
import { fieldOf } from './resolve.ts'
import type { Origin } from './source.ts'

const mostLines = 500

/**
 * Makes a contract of a deal by a mapping: terms with warnings, or ignored by a named rule, or every issue that stops it.
 * Pure: the same deal and mapping give the same terms.
 */
export function draftContract(deal: DealSnapshot, mapping: Mapping): Drafted {
  const head = headOf(deal)
  const origin: Origin = { deal, line: null }
  for (const { name, expression } of mapping.qualify) {
    const test = testExpression(expression, origin, `qualify ${name}`)
    if ('finding' in test) return issues([test.finding], head)
    if (!test.answer) return { kind: 'ignored', rule: name }
  }
  if (deal.fields.lines.length > mostLines)
    return issues(
      [
        {
          code: 'TOO_MANY_LINES',
          field: 'lines',
          label: 'the number of line items',
          found: `${deal.fields.lines.length}`,
        },
      ],
      head,
    )
  return draftTerms(origin, mapping, head)
}

function draftTerms(origin: Origin, mapping: Mapping, head: DealHead): Drafted {
  const currencyRows = mapping.terms.filter(({ target }) => target.path === 'currency')
  const chosen = resolveRows(currencyRows, origin, { mapping, currency: null, concerns: () => true }).values
  const written = chosen.get('currency')
  const currency = typeof written === 'string' ? written : null
  const worked = resolveRows(mapping.terms, origin, { mapping, currency, concerns: () => true })
  const filled = new Filled(worked.values, currency ?? 'USD')
  const startsOn = filled.day('startsOn', standInDay)
  const lines = draftLines(origin.deal, { mapping, currency: currency ?? 'USD', startsOn })
  const terms = assembleTerms(filled, lines.lines, lines.discounts)
  const context = contextOf(mapping, lines, head)
  const found = [...worked.issues, ...addressGaps(mapping, worked), ...lines.issues]
  if (found.length > 0) {
    const dates = ['startsOn', 'endsBefore', 'endsOn', 'months'].some((path) => worked.faulty.has(path))
    const more = [...valueFindings(terms), ...(dates ? [] : termFindings(terms))].map(context.placed)
    return issues([...found, ...more], head)
  }
  const faults = checkContract(terms, context)
  if (faults.length > 0) return { kind: 'issues', issues: faults }
  const warnings = [...worked.warnings, ...lines.warnings].map((finding) => warningOf(finding, head))
  return { kind: 'drafted', terms, warnings: distinct([...warnings, ...warnAboutContract(terms, context)]) }
}

/** An address without a country is no address for tax: it is kept out only where the mapping says so by `onMiss: warn`. */
function addressGaps(mapping: Mapping, worked: RowValues): Finding[] {
  const prefix = 'customer.address.'
  const hasPart = [...worked.values].some(([path, value]) => path.startsWith(prefix) && value !== null)
  const row = mapping.terms.find(({ target }) => target.path === `${prefix}country`)
  if (!hasPart || worked.values.get(`${prefix}country`) != null || worked.faulty.has(`${prefix}country`))
    return []
  if (row?.operand.kind === 'lookup' && row.operand.onMiss === 'warn') return []
  const field = row === undefined ? `${prefix}country` : fieldOf(row)
  return [{ code: 'COUNTRY', field, label: 'the country of the billing address', found: '' }]
}

function contextOf(
  mapping: Mapping,
  lines: DraftedLines,
  head: DealHead,
): ContractContext & { placed: (finding: Finding) => Finding } {
  const fields = new Map(mapping.terms.map((row) => [row.target.path, fieldOf(row)]))
  const ends = fields.get('months') ?? fields.get('endsOn')
  if (ends !== undefined) fields.set('endsBefore', ends)
  fields.set('customer.taxIds', fields.get('customer.taxId') ?? 'customer.taxIds')
  const fieldAt = (path: string): string => {
    const [, index, rest = ''] = /^lines\[(\d+)\]\.(.+)$/.exec(path) ?? []
    if (index === undefined) return fields.get(path) ?? path
    return lines.fields[Number.parseInt(index, 10)]?.get(rest) ?? path
  }
  const placed = (finding: Finding): Finding => ({ ...finding, field: fieldAt(finding.field) })
  return { deal: head, policies: mapping.policies, placed }
}

function issues(findings: readonly Finding[], head: DealHead): Drafted {
  return { kind: 'issues', issues: distinct(findings.map((finding) => issueOf(finding, head))) }
}

/** Equal issues once: one missing lookup row is one issue, however many rows and lines ask for it. */
function distinct(all: readonly Issue[]): Issue[] {
  const seen = new Map<string, Issue>()
  for (const issue of all) {
    const key = [issue.code, issue.cause, issue.found, sharesCause(issue) ? '' : issue.sentence].join('\n')
    if (!seen.has(key)) seen.set(key, issue)
  }
  return [...seen.values()]
}

function sharesCause(issue: Issue): boolean {
  return issue.owner === 'revops' || issue.cause.startsWith('lookup ')
}

/** The deal for sentences, with its amount when the CRM wrote a readable one. */
function headOf(deal: DealSnapshot): DealHead {
  const amount = readableAmount(deal)
  return { name: deal.name, ...(amount === null ? {} : { amount }) }
}

function readableAmount({ amount, currency }: DealSnapshot): Money | null {
  const code = currency?.trim().toUpperCase() ?? ''
  const value = amount === null ? null : plainDecimal(amount.trim())
  if (value === null || !isActiveCurrency(code)) return null
  return value.eq(value.round(decimalsOf(code), 0)) ? fromDecimal(code, value) : null
}
