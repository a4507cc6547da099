import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Issue, IssueCode } from '../../src/domain/issue.ts'
import { parseMapping } from '../../src/domain/mapping.ts'
import {
  type RecordChanges,
  feeItem,
  issuesFrom,
  mappingOf,
  mappingText,
  salesforceDeal,
} from './mapping-samples.ts'

/**
 * The catalogue of bad input goes by its numbers: 53 to 82 are values from the CRM, 83 to 101 are mapping files. These are the numbers a test
 * file answers, by the titles of its tests, and those it says are not answered yet.
 */
export function numbersAnswered(testFile: string, notYet: Readonly<Record<number, string>>): number[] {
  const titles = readFileSync(testFile, 'utf8').matchAll(/^ *(?:test\(\n? *)['"](\d+) /gm)
  const answered = [...titles].map(([, number = '']) => Number.parseInt(number, 10))
  const pending = Object.keys(notYet).map((number) => Number.parseInt(number, 10))
  return [...answered, ...pending].sort((left, right) => left - right)
}

/** Every number of a stretch. */
export function numbersFrom(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

export const salesforce = mappingText('salesforce.yaml')
export const mapping = mappingOf(salesforce)

export function found(changes: RecordChanges): [IssueCode, string][] {
  return issuesFrom(salesforceDeal(changes), mapping).map(({ code, field }) => [code, field])
}

export function onlyIssue(changes: RecordChanges, own = mapping): Issue {
  const issues = issuesFrom(salesforceDeal(changes), own)
  expect(issues).toHaveLength(1)
  return issues[0] as Issue
}

/** The reasons a mapping file is refused for, after a change of its text. */
export function refusals(change: (text: string) => string): string[] {
  const changed = change(salesforce)
  expect(changed).not.toBe(salesforce)
  const parsed = parseMapping(changed, 'salesforce.yaml')
  return parsed.ok ? [] : parsed.error.map(({ path, reason }) => `${path}: ${reason}`)
}

/** The default mapping with a row for one target replaced. */
export function withRow(target: string, row: string, place: 'terms' | 'lines' = 'terms'): string {
  const indent = place === 'terms' ? '  ' : '      '
  const rows = new RegExp(`^${indent}- target: ${target.replaceAll('.', '\\.')}\\n(?:${indent}  .*\\n)+`, 'm')
  const without = salesforce.replace(rows, '')
  const anchor = place === 'terms' ? '\nterms:\n' : '    rows:\n      - target: kind\n'
  const written = `${indent}- target: ${target}\n${row.replace(/^/gm, `${indent}  `)}\n`
  return place === 'terms'
    ? without.replace(anchor, anchor + written)
    : without.replace(anchor, `    rows:\n${written}      - target: kind\n`)
}

export const fee = (changes: Record<string, string | number | null>) => ({
  lines: [{ ...feeItem, ...changes }],
})
