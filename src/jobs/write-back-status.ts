import type { DealState } from '../domain/deal.ts'
import type { Crm, CrmStatus, StatusUpdate } from '../ports/crm.ts'
import { markWritten } from '../store/deal-changes.ts'
import { firstSentences } from '../store/deal-lookup.ts'
import type { DealCase } from '../store/deals.ts'
import { dealsToWriteBack } from '../store/deals.ts'
import { openIssues } from '../store/exceptions.ts'
import { endingOf } from './ending.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { connectionOf, done } from './job.ts'
import { endItem } from './settle-item.ts'

/** Sales sees these words; `seen` and `planned` pass too quickly to be told apart. */
const statuses: Readonly<Record<DealState, CrmStatus>> = {
  seen: 'Queued',
  qualified: 'Checking',
  planned: 'Provisioning',
  provisioning: 'Provisioning',
  active: 'Active',
  exception: 'Needs fix',
  ignored: 'Ignored',
  superseded: 'Ignored',
}

const atOnce = 100

/** Tells the CRM where each deal stands, with one plain sentence and a link. The subject is the connection. */
export const writeBackStatus: Job = {
  queue: 'write-back-status',
  batchSize: 1,
  concurrency: 2,
  async run([item], context) {
    if (!item) return
    const crm = context.crms.get(item.subject)
    const ending = crm ? await writeAll(crm, context) : done
    await context.store.unitOfWork((unit) => endItem(unit, item, ending, context))
  },
}

async function writeAll(crm: Crm, context: JobContext): Promise<Ending> {
  const { store, clock } = context
  for (;;) {
    const readAt = clock.now()
    const waiting = await dealsToWriteBack(store.read, atOnce, { crm: crm.name, org: crm.org })
    if (waiting.length === 0) return done
    const updates = await updatesFor(waiting, context)
    const answer = await crm.writeStatuses(updates)
    if (answer.kind !== 'ok') return endingOf(answer, `tell ${crm.name} where deals stand`, crm.name, readAt)
    const refusals = answer.value.flatMap(({ dealId, refusal }) =>
      refusal === null ? [] : [{ dealId, refusal }],
    )
    await store.unitOfWork(async (unit) => {
      const written = waiting.map(({ caseId, changedAt }, index) => ({
        caseId,
        changedAt,
        status: updates[index]?.status ?? '',
        message: updates[index]?.message ?? '',
      }))
      await markWritten(unit, written)
      for (const { dealId, refusal } of refusals)
        await openIssues(unit, ...refused(dealId, refusal, waiting, crm), readAt)
    })
  }
}

async function updatesFor(
  cases: readonly DealCase[],
  { store, settings }: JobContext,
): Promise<StatusUpdate[]> {
  const sentences = await firstSentences(
    store.read,
    cases.map(({ caseId }) => caseId),
  )
  return cases.map(({ caseId, dealId, state, stateDetail }) => ({
    dealId,
    status: statuses[state],
    message: messageOf(state, sentences.get(caseId) ?? stateDetail).slice(0, 250),
    link: `${settings.publicUrl}/deals/${caseId}`,
  }))
}

function messageOf(state: DealState, sentence: string | null): string {
  if (state === 'active') return sentence ?? 'Billing is set up.'
  if (state === 'exception') return sentence ?? 'Something needs to be fixed before billing can begin.'
  if (state === 'ignored') return sentence === null ? 'This deal is not billed.' : `Not billed: ${sentence}.`
  return 'Billing is being set up.'
}

/** A CRM that will not take our status blocks nothing; somebody should know. */
function refused(
  dealId: string,
  refusal: string,
  cases: readonly DealCase[],
  crm: Crm,
): [Parameters<typeof openIssues>[1], Parameters<typeof openIssues>[2]] {
  const caseId = cases.find((held) => held.dealId === dealId)?.caseId ?? null
  return [
    { queue: 'write-back-status', subjectKind: 'deal', subject: caseId ?? dealId, caseId },
    [
      {
        code: 'CRM_WRITEBACK_REJECTED',
        field: 'status',
        found: refusal.slice(0, 500),
        sentence: `${crm.name} refused to show the status of deal ${dealId}: ${refusal}. Billing is not affected.`,
        action: 'Let the integration user edit the status fields, or exempt it from the rule that refused.',
        owner: 'revops',
        cause: `${connectionOf(crm)} refuses status: ${refusal.slice(0, 80)}`,
      },
    ],
  ]
}
