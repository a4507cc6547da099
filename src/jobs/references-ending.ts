import { accountName } from '../domain/chart.ts'
import type { Issue } from '../domain/issue.ts'
import type { ReferenceFault } from '../ports/erp.ts'
import type { StoredJournal } from '../store/journals.ts'
import { holdJournal } from '../store/journals.ts'
import { endingOf } from './ending.ts'
import type { Ending, JobContext } from './job.ts'

/**
 * Looks at what the journals of a month refer to before the first of them is posted, so that a month is not left half posted for an account
 * that somebody stopped or renamed. Answers null when nothing is in the way.
 */
export async function referencesEnding(
  journals: readonly StoredJournal[],
  { store, erp, clock }: JobContext,
): Promise<Ending | null> {
  const waiting = journals.filter(({ state }) => state !== 'posted')
  const [first] = waiting
  if (first === undefined) return null
  const lines = waiting.flatMap(({ entry }) => entry.lines)
  const accounts = [...new Map(lines.map(({ account }) => [accountName(account), account])).values()]
  const answer = await erp.referenceFaults(first.entity, accounts)
  if (answer.kind === 'broken') return { kind: 'retry', why: `NetSuite: ${answer.detail}` }
  if (answer.kind !== 'ok')
    return endingOf(answer, `compare the accounts of ${first.month}`, 'NetSuite', clock.now())
  if (answer.value.length === 0) return null
  const issues = answer.value.map((fault) => issueOfFault(fault, first))
  await store.unitOfWork(async (unit) => {
    for (const { externalId } of waiting) await holdJournal(unit, externalId, issues[0]?.sentence ?? 'held')
  })
  return { kind: 'park', issues }
}

function issueOfFault(
  { field, found, reason }: ReferenceFault,
  { entity, month }: Pick<StoredJournal, 'entity' | 'month'>,
): Issue {
  return {
    code: 'ERP_REFERENCE_INVALID',
    field,
    found,
    sentence: `The journals of ${month} for ${entity} wait, because ${reason}.`,
    action: `Correct it in NetSuite, or in mappings/netsuite.yaml, then replay. Nothing was posted.`,
    owner: 'finance',
    cause: reason,
  }
}
