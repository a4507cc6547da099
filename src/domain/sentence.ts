import type { Issue, IssueCode } from './issue.ts'
import type { Money } from './money.ts'
import { dealIssues } from './sentence/deal-issues.ts'
import type { IssueWords } from './sentence/issue-words.ts'
import { operationIssues } from './sentence/operation-issues.ts'

/** Every code with its owner, its words and its first fix. The type refuses a code without words. */
export const issueRegister: Readonly<Record<IssueCode, IssueWords>> = { ...dealIssues, ...operationIssues }

/**
 * Something found wrong, before it becomes an issue. `field` is where (a CRM path or a name of ours), `label` how
 * people call it, `details` fills the braces of the register, `cause` replaces the usual grouping.
 */
export type Finding = {
  readonly code: IssueCode
  readonly field: string
  readonly label?: string
  /** Which of several, such as `line 3`. */
  readonly place?: string
  readonly found: string | null
  readonly details?: Readonly<Record<string, string>>
  readonly cause?: string
}

/** The deal an issue is about, for its sentence and for the money that waits. */
export type DealHead = { readonly name: string; readonly amount?: Money }

const longestFoundCharacters = 120

/**
 * Makes the issue of a finding, in the words of the register. With a deal the sentence names it:
 * `Deal 'Acme' could not be provisioned because payment terms 'Net 45 EOM' are not in the lookup table payment-terms.`
 */
export function issueOf(finding: Finding, deal: DealHead | null = null): Issue {
  const because = becauseOf(finding)
  const name = deal === null ? null : shorten(deal.name)
  return {
    ...withoutSentence(finding),
    sentence: name === null ? `${because}.` : `Deal '${name}' could not be provisioned because ${because}.`,
    ...(deal?.amount === undefined ? {} : { amount: deal.amount }),
  }
}

/** Makes a warning of a finding: the deal goes on, no money waits, and a person should still look. */
export function warningOf(finding: Finding, deal: DealHead | null = null): Issue {
  const because = becauseOf(finding)
  const sentence = deal === null ? `${because}.` : `Deal '${shorten(deal.name)}' goes on, but ${because}.`
  return { ...withoutSentence(finding), sentence }
}

function becauseOf(finding: Finding): string {
  return [subjectOf(finding), fill(issueRegister[finding.code].predicate, detailsOf(finding))].join(' ')
}

function withoutSentence(finding: Finding): Omit<Issue, 'sentence'> {
  const register = issueRegister[finding.code]
  const details = detailsOf(finding)
  return {
    code: finding.code,
    field: finding.field,
    found: finding.found === null ? null : shorten(finding.found),
    action: fill(register.action, details),
    owner: register.owner,
    cause: finding.cause ?? `${details.field} ${fill(register.predicate, details)}`,
  }
}

/** The one sentence sales sees in the CRM: the first issue in full, then how many more there are. */
export function messageForCrm(issues: readonly Issue[]): string {
  const [first, ...others] = issues
  if (first === undefined) return ''
  const message = `${first.sentence} ${first.action}`
  if (others.length === 0) return message
  return `${message} (${others.length} more ${others.length === 1 ? 'issue' : 'issues'} in Tieout.)`
}

/** Shortens what was found for a sentence; control characters become spaces, so that it stays one line. */
export function shorten(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ')
  const characters = [...line]
  if (characters.length <= longestFoundCharacters) return line
  return `${characters.slice(0, longestFoundCharacters - 1).join('')}…`
}

function subjectOf(finding: Finding): string {
  const name = finding.label ?? finding.field
  const named = finding.place === undefined ? name : `${name} of ${finding.place}`
  return finding.found === null || finding.found === '' ? named : `${named} '${shorten(finding.found)}'`
}

function detailsOf(finding: Finding): Record<string, string> & { field: string } {
  return {
    field: finding.label ?? finding.field,
    found: finding.found === null ? 'the value' : `'${shorten(finding.found)}'`,
    ...finding.details,
  }
}

function fill(template: string, details: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => details[name] ?? '')
}
