import type { Queue } from '../ports/doorbell.ts'
import { queues } from '../ports/doorbell.ts'
import { attachUsage, type Attaching } from '../store/attach-usage.ts'
import { loadDeals } from '../store/deals.ts'
import { enqueue, type NewWork } from '../store/enqueue.ts'
import type { Exception } from '../store/exceptions.ts'
import { pairNamed, retryRefused, type UsagePair } from '../store/usage-due.ts'
import type { Unit } from '../store/unit-of-work.ts'

/** What an exception stops. */
export type Stopped = Pick<Exception, 'queue' | 'subjectKind' | 'subject'>

/**
 * Takes up again whatever exceptions stopped: the work goes back on its list, usage without an owner is given to whoever bears its name
 * by now. What is mended resolves by itself; what is not opens again. Answers how many pieces of work were taken up.
 */
export async function replay(
  unit: Unit,
  stopped: readonly Stopped[],
  by: string,
  ringing: Attaching,
): Promise<number> {
  const unowned = stopped.filter(({ subjectKind }) => subjectKind === 'usage-subject')
  await attachUsage(
    unit,
    unowned.map(({ subject }) => subject),
    ringing,
    by,
  )
  await retryRefused(unit, stopped.flatMap(pairOf))
  const work = await workOf(unit, stopped)
  if (unowned.length > 0) work.push({ queue: 'report-usage', subject: 'all' })
  await enqueue(unit, work, ringing)
  return work.length
}

/** The customer and meter whose report an exception stops. */
function pairOf({ queue, subject }: Stopped): UsagePair[] {
  const pair = queue === 'report-usage' ? pairNamed(subject) : null
  return pair === null ? [] : [pair]
}

/** The work list's own words for what is stopped, each once. */
async function workOf(unit: Unit, stopped: readonly Stopped[]): Promise<NewWork[]> {
  const caseIds = stopped.filter(isAboutDeal).map(({ subject }) => subject)
  const cases = new Map((await loadDeals(unit, caseIds)).map((held) => [held.caseId, held]))
  const work = stopped.flatMap((item): NewWork[] => {
    const queue = queueNamed(item.queue)
    if (queue === null) return []
    const connection = cases.get(item.subject)
    if (namesItsWork(item)) return [{ queue, subject: item.subject }]
    if (connection === undefined) return []
    const { crm, org, dealId } = connection
    if (queue === 'intake-deal') return [{ queue, subject: `${crm}:${org}:${dealId}` }]
    if (queue === 'write-back-status') return [{ queue, subject: `${crm}:${org}` }]
    return [{ queue, subject: item.subject }]
  })
  return [...new Map(work.map((item) => [`${item.queue} ${item.subject}`, item])).values()]
}

function namesItsWork({ subjectKind }: Stopped): boolean {
  return ['work', 'message', 'usage-meter', 'told-usage'].includes(subjectKind)
}

function isAboutDeal({ subjectKind }: Stopped): boolean {
  return subjectKind === 'deal'
}

function queueNamed(name: string): Queue | null {
  return queues.find((queue) => queue === name) ?? null
}
