import type { Issue } from '../domain/issue.ts'
import { fraction } from '../ports/random.ts'
import * as exceptions from '../store/exceptions.ts'
import { stopDealOfContract } from '../store/deal-changes.ts'
import type { Unit } from '../store/unit-of-work.ts'
import type { WorkItem } from '../store/work.ts'
import * as work from '../store/work.ts'
import { backoffMilliseconds, exhausted, retryLimits } from './ending.ts'
import type { Ending, JobContext } from './job.ts'

/**
 * Ends an item in the unit that holds its result; what parks shows on the deal case, where there is one. A lease lost meanwhile undoes
 * the unit.
 */
export async function endItem(
  unit: Unit,
  item: WorkItem,
  ending: Ending,
  context: JobContext,
  caseId: string | null = null,
): Promise<void> {
  const now = context.clock.now()
  switch (ending.kind) {
    case 'done':
      return work.finish(unit, [item])
    case 'snooze':
      return work.snooze(unit, item, ending.until)
    case 'retry':
      if (item.attempt >= retryLimits.attempts)
        return park(unit, item, [exhausted(item.queue, ending.why)], caseId, context)
      return work.retryLater(unit, item, new Date(now.getTime() + waitOf(item, ending, context)), ending.why)
    case 'park':
      return park(unit, item, ending.issues, caseId, context)
  }
}

function waitOf(item: WorkItem, ending: Extract<Ending, { kind: 'retry' }>, context: JobContext): number {
  return ending.afterMilliseconds ?? backoffMilliseconds(item.attempt, fraction(context.random))
}

async function park(
  unit: Unit,
  item: WorkItem,
  issues: readonly Issue[],
  caseId: string | null,
  context: JobContext,
): Promise<void> {
  await exceptions.openIssues(
    unit,
    { queue: item.queue, subjectKind: 'work', subject: item.subject, caseId },
    issues,
    context.clock.now(),
  )
  await work.park(unit, item, issues.map(({ sentence }) => sentence).join(' '))
  if (item.queue === 'provision-billing') await stopDealOfContract(unit, item.subject, context.clock.now())
}

/** Parks an item that failed, or ended its process, too often. */
export async function parkExhausted(item: WorkItem, context: JobContext, why?: string): Promise<void> {
  const lastError = why ?? item.lastError ?? 'the process ended while working on it'
  await context.store.unitOfWork((unit) =>
    park(unit, item, [exhausted(item.queue, lastError)], null, context),
  )
}
