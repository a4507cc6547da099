import { readOwnSettings } from '../../config.ts'
import type { BooksEntity, BooksSettings } from '../../domain/books.ts'
import { entityOf } from '../../domain/books.ts'
import type { Month } from '../../domain/calendar.ts'
import { dateIn, monthOf } from '../../domain/calendar.ts'
import { silentDoorbell } from '../../jobs/doorbell.ts'
import { askForClose } from '../../jobs/sweeper.ts'
import { systemClock } from '../../ports/clock.ts'
import { recordAct } from '../../store/audit.ts'
import { blockersOf, closeBlockers } from '../../store/close-blockers.ts'
import type { StoredJournal } from '../../store/journals.ts'
import { listJournals } from '../../store/journals.ts'
import { listMonths, monthState } from '../../store/months.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { readBooks } from '../setting-files.ts'
import { commandActor } from './actor.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import type { Handed, Waiting } from './see-through.ts'
import { handedSentence, seeThrough } from './see-through.ts'
import { outputWidth, table } from './table.ts'

export type CloseOptions = CommonOptions & Waiting & { readonly entity: string; readonly month: Month }

/**
 * `tieout close run`. Throws CommandError for an entity the books do not know, for a month that has not ended, and while messages about money up
 * to its end are not in the books.
 */
export async function closeMonthCommand(session: Session, options: CloseOptions): Promise<Outcome> {
  const books = await readBooks(readOwnSettings(session.variables).TIEOUT_MAPPINGS_DIR)
  const { month } = options
  const entity = endedMonthOf(books, options)
  return withDatabase(session, async (database) => {
    const { store } = database
    const before = await monthState(store.read, entity.id, month)
    if (before === 'closed')
      return standing(store, entity, month, 'done', `${month} of ${entity.id} is closed already.`)
    await assertNothingBlocks(store, entity, month)
    const subjects = [`${entity.id}:${month}`, ...(await earlierOpen(store, entity.id, month))]
    await askForClose(entity.id, month, { store, books, clock: systemClock, doorbell: silentDoorbell })
    await recordAsked(store, entity.id, month, subjects)
    const handed = await seeThrough(session, database, () => Promise.resolve(subjects), options)
    const said = handed === 'done' ? `${month} of ${entity.id} is worked off.` : handedSentence(handed)
    return standing(store, entity, month, handed, said)
  })
}

function endedMonthOf(books: BooksSettings, { entity: id, month }: CloseOptions): BooksEntity {
  const entity = entityOf(books, id)
  if (entity === null) {
    const known = books.entities.map((each) => each.id).join(', ')
    throw new CommandError('not-found', `The books have no entity ${id}. They know: ${known}.`)
  }
  if (month >= monthOf(dateIn(entity.timeZone, systemClock.now()))) {
    throw new CommandError('conflict', `${month} has not ended for ${entity.id}. Nothing was changed.`)
  }
  return entity
}

const blockersShown = 20

async function assertNothingBlocks(store: Store, entity: BooksEntity, month: Month): Promise<void> {
  const blockers = blockersOf(await closeBlockers(store.read), entity, month)
  if (blockers.length === 0) return
  const lines = blockers
    .slice(0, blockersShown)
    .map(({ exceptionId, code, sentence }) => `  ${exceptionId} ${code}: ${sentence}`)
  const more = blockers.length > blockersShown ? [`  … and ${blockers.length - blockersShown} more`] : []
  const said = `${month} of ${entity.id} cannot be closed: ${blockers.length} about its money ${blockers.length === 1 ? 'waits' : 'wait'} for a person.`
  const sentence = [said, ...lines, ...more, 'Nothing was changed.'].join('\n')
  throw new CommandError('conflict', sentence, 'tieout exceptions list')
}

async function earlierOpen(store: Store, entity: string, month: Month): Promise<string[]> {
  const months = await listMonths(store.read, entity)
  return months
    .filter((held) => held.month < month && held.state !== 'closed')
    .map((held) => `${entity}:${held.month}`)
}

async function recordAsked(
  store: Store,
  entity: string,
  month: Month,
  subjects: readonly string[],
): Promise<void> {
  const act = {
    action: 'month-close-asked',
    subjectKind: 'month',
    subject: `${entity}:${month}`,
    detail: { subjects },
  }
  await store.unitOfWork((unit) => recordAct(unit, { actor: commandActor(), ...act }, systemClock.now()))
}

/** The month as it stands, with its journals. Waited for, a month that is not closed or a journal that is not posted is not done. */
async function standing(
  store: Store,
  { id: entity }: BooksEntity,
  month: Month,
  handed: Handed,
  said: string,
): Promise<Outcome> {
  const state = await monthState(store.read, entity, month)
  const journals = await listJournals(store.read, { entity, month })
  const isDone = state === 'closed' && journals.every((journal) => journal.state === 'posted')
  return {
    data: {
      entity,
      month,
      state,
      handed_to: handed,
      journals: journals.map((journal) => ({
        id: journal.externalId,
        currency: journal.currency,
        state: journal.state,
        erp_id: journal.erpId,
        detail: journal.stateDetail,
      })),
    },
    text: [said, ...(journals.length === 0 ? [] : [journalTable(journals)])].join('\n'),
    ...(handed === 'done' && !isDone ? { exit: 'partial' as const, next: 'tieout exceptions list' } : {}),
    ...(isDone ? { next: 'tieout tie-out' } : {}),
  }
}

function journalTable(journals: readonly StoredJournal[]): string {
  const columns = [
    { heading: 'JOURNAL' },
    { heading: 'STATE' },
    { heading: 'IN THE ERP' },
    { heading: 'WHY', narrows: true },
  ]
  const rows = journals.map(({ externalId, state, erpId, stateDetail }) => [
    externalId,
    state,
    erpId ?? 'not yet',
    stateDetail ?? '',
  ])
  return table(columns, rows, outputWidth())
}
