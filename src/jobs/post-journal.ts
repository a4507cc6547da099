import type { Month } from '../domain/calendar.ts'
import type { Issue } from '../domain/issue.ts'
import type { DraftJournal, JournalEntry, SourceEntry } from '../domain/journal.ts'
import { draftJournals } from '../domain/journal.ts'
import type { Answer } from '../ports/answer.ts'
import { mapAnswer } from '../ports/answer.ts'
import type { Performed } from '../ports/billing.ts'
import type { Erp, PostedJournal } from '../ports/erp.ts'
import { currenciesOf } from '../store/book-lookup.ts'
import { enqueue } from '../store/enqueue.ts'
import { resolveDone } from '../store/exceptions.ts'
import { fingerprintOf } from '../store/fingerprint.ts'
import type { StoredJournal } from '../store/journals.ts'
import { draftJournal, holdJournal, listJournals, markPosted } from '../store/journals.ts'
import { transactionsOfMonth } from '../store/ledger-trail.ts'
import type { Reader } from '../store/unit-of-work.ts'
import type { Ending, Job, JobContext } from './job.ts'
import { done } from './job.ts'
import { callOnce } from './operation.ts'
import { referencesEnding } from './references-ending.ts'
import { endItem } from './settle-item.ts'

/**
 * Stage 7: posts the journals of a closed month to the ERP, each exactly once. The subject is `<entity>:<month>`. A month locked in the ERP holds its
 * journals; nothing is dated elsewhere by itself.
 */
export const postJournal: Job = {
  queue: 'post-journal',
  batchSize: 1,
  concurrency: 2,
  async run([item], context) {
    if (!item) return
    const [entity = '', month = ''] = item.subject.split(':')
    const journals = await journalsOf(entity, month, context)
    const ending = (await referencesEnding(journals, context)) ?? (await postAll(journals, context))
    await context.store.unitOfWork(async (unit) => {
      await endItem(unit, item, ending, context)
      if (ending.kind !== 'done') return
      await resolveDone(unit, item.queue, [item.subject], context.clock.now())
      await enqueue(unit, [{ queue: 'reconcile-books', subject: 'all' }], context)
    })
  },
}

/** The journals of a month: drafted once, and from then on as they were drafted. */
async function journalsOf(entity: string, month: Month, context: JobContext): Promise<StoredJournal[]> {
  const { store, books, clock } = context
  const held = await listJournals(store.read, { entity, month })
  if (held.length > 0) return held
  const drafts: DraftJournal[] = []
  for (const currency of await currenciesOf(store.read, entity, month)) {
    const entries = await entriesOf(store.read, entity, month, currency)
    drafts.push(...draftJournals({ entity, month, currency }, entries, books.journal.lineLimit))
  }
  await store.unitOfWork(async (unit) => {
    for (const { entry, transactionIds } of drafts)
      await draftJournal(unit, entry, transactionIds, clock.now())
  })
  return listJournals(store.read, { entity, month })
}

async function entriesOf(
  reader: Reader,
  entity: string,
  month: Month,
  currency: string,
): Promise<SourceEntry[]> {
  const entries: SourceEntry[] = []
  for await (const page of transactionsOfMonth(reader, entity, month, currency)) {
    for (const { transactionId, entries: moved } of page) {
      for (const { account, side, amount } of moved) {
        entries.push({ transactionId, account, side, amountMinor: amount.amountMinor })
      }
    }
  }
  return entries
}

async function postAll(journals: readonly StoredJournal[], context: JobContext): Promise<Ending> {
  for (const journal of journals.filter(({ state }) => state !== 'posted')) {
    const ending = await postOne(journal.entry, context)
    if (ending.kind !== 'done') return ending
  }
  return done
}

async function postOne(entry: JournalEntry, context: JobContext): Promise<Ending> {
  const { store, erp, clock, checkpoint } = context
  checkpoint('journal-before-post')
  const made = await callOnce(
    {
      operation: {
        opKey: `journal/${entry.externalId}`,
        fingerprint: fingerprintOf(entry),
        provider: 'netsuite',
        kind: 'journal',
        subject: entry.externalId,
      },
      doing: `post journal ${entry.externalId}`,
      ask: () => lookThenPost(erp, entry),
      look: async () => mapAnswer(await find(erp, entry), (found) => (found ? performed(found) : null)),
    },
    context,
  )
  checkpoint('journal-after-post')
  if (made.kind === 'made') {
    await store.unitOfWork((unit) => markPosted(unit, entry.externalId, made.providerId, clock.now()))
    return done
  }
  return hold(entry, made.ending, context)
}

/** A journal that is already there under our external id, and says what we would, is ours: an earlier answer was lost. */
async function lookThenPost(erp: Erp, entry: JournalEntry): Promise<Answer<Performed>> {
  const found = await find(erp, entry)
  if (found.kind !== 'ok') return found
  if (found.value !== null) return { kind: 'ok', value: performed(found.value) }
  const posted = await erp.postJournal(entry)
  if (posted.kind !== 'conflict') return mapAnswer(posted, performed)
  const again = await find(erp, entry)
  return again.kind === 'ok' && again.value !== null ? { kind: 'ok', value: performed(again.value) } : posted
}

/** Looking changes nothing, so an answer that is lost or is a maintenance page is simply asked for again. */
async function find(erp: Erp, entry: JournalEntry): Promise<Answer<PostedJournal | null>> {
  const found = await erp.findJournal(entry.externalId, entry)
  return found.kind === 'unknown' || found.kind === 'broken'
    ? { kind: 'transient', detail: found.detail }
    : found
}

function performed({ erpId }: PostedJournal): Performed {
  return { providerId: erpId, drift: [] }
}

/** A locked month holds the journal and raises one exception with three offers. */
async function hold(entry: JournalEntry, ending: Ending, { store }: JobContext): Promise<Ending> {
  if (ending.kind !== 'park') return ending
  await store.unitOfWork((unit) => holdJournal(unit, entry.externalId, ending.issues[0]?.sentence ?? 'held'))
  return { kind: 'park', issues: ending.issues.map((issue) => withOffers(issue, entry)) }
}

function withOffers(issue: Issue, { entity, month, lines, currency }: JournalEntry): Issue {
  if (issue.code !== 'ERP_PERIOD_LOCKED') return issue
  return {
    ...issue,
    found: month,
    field: 'accounting period',
    sentence: `${month} is locked in NetSuite for ${entity}; a journal of ${lines.length} lines in ${currency} waits. Nothing was dated elsewhere.`,
    action: `Reopen ${month} in NetSuite and replay; or post to the next open month with approval; or leave it out with a reason.`,
    owner: 'finance',
    cause: `${month} is locked in NetSuite for ${entity}`,
  }
}
