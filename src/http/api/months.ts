import { z } from '@hono/zod-openapi'
import { entityOf } from '../../domain/books.ts'
import { dateIn, monthOf } from '../../domain/calendar.ts'
import { recordAct } from '../../store/audit.ts'
import { blockersOf, closeBlockers } from '../../store/close-blockers.ts'
import { enqueue } from '../../store/enqueue.ts'
import { listMonths } from '../../store/months.ts'
import type { Unit } from '../../store/unit-of-work.ts'
import { addRead, addWrite } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { anyId } from '../ids.ts'
import { monthStandings, type MonthStanding } from '../month-overview.ts'
import { ProblemError } from '../problem.ts'
import { Instant, instantOut, MonthShape } from '../shapes.ts'
import { actorOf, type ApiContext } from './api-context.ts'

const StandingShape = z
  .object({
    object: z.literal('month'),
    entity: z.string(),
    month: MonthShape,
    state: z.enum(['open', 'closing', 'closed']),
    has_ended: z.boolean(),
    closed_at: Instant.nullable(),
    closed_by: z.string().nullable(),
    seal: z.string().nullable().openapi({ description: 'SHA-256 over every line of the month.' }),
    blockers: z
      .int()
      .openapi({ description: 'Open exceptions that keep an ended month from being closed by hand.' }),
    journals: z.object({ drafted: z.int(), posted: z.int(), held: z.int() }),
  })
  .openapi('Month')

/** Months of the books, and closing one. */
export function addMonths(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/months',
    scope: 'reports:read',
    tag: 'reports',
    summary: 'Every month of every entity, the latest first',
    answer: z.object({ object: z.literal('list'), data: z.array(StandingShape) }).openapi('MonthList'),
    read: async () => {
      const standings = await monthStandings(context.store.read, context.books, context.clock.now())
      return { object: 'list' as const, data: standings.map(standingOut) }
    },
  })
  addWrite(app, context, {
    path: '/v1/months/{entity}/{month}/close',
    scope: 'close:manage',
    tag: 'reports',
    summary: 'Recognize what was earned, close the month and post its journals',
    description:
      'Earlier months that are open are closed first. A month that is closed already is answered as it is. While messages about money up to its end are not in the books, it is refused with the list of their exceptions.',
    params: z.strictObject({ entity: anyId, month: MonthShape }),
    problems: [404],
    body: z.strictObject({}),
    statuses: [200, 202],
    answer: StandingShape,
    write: async (unit, { params: { entity, month }, key }) => {
      const standing = await closable(unit, entity, month, context)
      if (standing.state === 'closed') return { status: 200, body: standingOut(standing) }
      if (standing.blockers.length > 0) throw blocked(standing)
      const earlier = (await listMonths(unit, entity)).filter(
        (held) => held.month < month && held.state !== 'closed',
      )
      const subjects = [...earlier.map((held) => held.month), month].map((each) => `${entity}:${each}`)
      const work = subjects.map((subject) => ({ queue: 'recognize-revenue' as const, subject }))
      await enqueue(unit, work, context)
      const act = {
        action: 'month-close-asked',
        subjectKind: 'month',
        subject: `${entity}:${month}`,
        detail: { subjects },
      }
      await recordAct(unit, { actor: actorOf(key), ...act }, context.clock.now())
      return { status: 202, body: standingOut(standing) }
    },
  })
}

/** The month as it stands. Throws ProblemError: an entity the books do not know (404), a month that has not ended (409). */
async function closable(unit: Unit, id: string, month: string, context: ApiContext): Promise<MonthStanding> {
  const { books, clock } = context
  const entity = entityOf(books, id)
  if (entity === null)
    throw new ProblemError({ status: 404, code: 'not-found', detail: `The books have no entity ${id}.` })
  if (month >= monthOf(dateIn(entity.timeZone, clock.now()))) {
    const detail = `${month} has not ended in the time zone of ${id}, ${entity.timeZone}.`
    throw new ProblemError({ status: 409, code: 'month-not-ended', detail })
  }
  const standings = await monthStandings(unit, { ...books, entities: [entity] }, clock.now())
  const known = standings.find((standing) => standing.month === month)
  const none = { drafted: 0, posted: 0, held: 0 }
  return (
    known ?? {
      entity,
      month,
      state: 'open',
      hasEnded: true,
      closedAt: null,
      closedBy: null,
      seal: null,
      blockers: blockersOf(await closeBlockers(unit), entity, month),
      journals: none,
    }
  )
}

/** How many exceptions a refusal lists; the rest are only counted. */
const blockersListed = 50

function blocked({ month, blockers }: MonthStanding): ProblemError {
  const listed = blockers.slice(0, blockersListed)
  const messages = blockers.length === 1 ? '1 message' : `${blockers.length} messages`
  return new ProblemError({
    status: 409,
    code: 'close-blocked',
    detail: `${messages} about money up to the end of ${month} ${blockers.length === 1 ? 'is' : 'are'} not in the books.`,
    errors: listed.map(({ exceptionId, code, sentence }) => ({
      pointer: `/exceptions/${exceptionId}`,
      code,
      message: sentence,
    })),
  })
}

function standingOut(standing: MonthStanding): z.input<typeof StandingShape> {
  const { entity, month, state, hasEnded, closedAt, closedBy, seal, blockers, journals } = standing
  return {
    object: 'month',
    entity: entity.id,
    month,
    state,
    has_ended: hasEnded,
    closed_at: instantOut(closedAt),
    closed_by: closedBy,
    seal,
    blockers: blockers.length,
    journals,
  }
}
