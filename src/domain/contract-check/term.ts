import { addMonths } from '../calendar.ts'
import type { ContractTerms } from '../contract.ts'
import type { Finding } from '../sentence.ts'

const longestTermMonths = 120

/** A contract starts before it ends and runs for 1 to 120 months. */
export function termFindings({ startsOn, endsBefore, renewal }: ContractTerms): Finding[] {
  const isSound = endsBefore >= addMonths(startsOn, 1) && endsBefore <= addMonths(startsOn, longestTermMonths)
  const findings: Finding[] = []
  if (!isSound) findings.push({ code: 'TERM', field: 'endsBefore', found: `${startsOn} to ${endsBefore}` })
  if (renewal.kind === 'auto' && renewal.months > longestTermMonths)
    findings.push({ code: 'TERM', field: 'renewal', found: `${renewal.months} months` })
  return findings
}
