import { z } from '@hono/zod-openapi'
import { recordAct } from '../../store/audit.ts'
import {
  exceptionGroups,
  exceptionOf,
  listExceptions,
  settleException,
  type Exception,
  type ExceptionGroup,
} from '../../store/exceptions.ts'
import type { Reader } from '../../store/unit-of-work.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { addRead, addWrite } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { byId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import { Instant, instantOut, moneyOut, MoneyShape } from '../shapes.ts'
import { actorOf, type ApiContext } from './api-context.ts'
import { exceptionOut, ExceptionShape, IssueCodeShape } from './exception-shapes.ts'
import { addReplay } from './replay-exceptions.ts'

const GroupShape = z
  .object({
    object: z.literal('exception_group'),
    code: IssueCodeShape,
    cause: z.string(),
    owner: z.enum(['sales', 'revops', 'finance', 'engineer']),
    count: z.int(),
    oldest_at: Instant,
    amounts: z.array(MoneyShape).openapi({ description: 'The money that waits, by currency.' }),
  })
  .openapi('ExceptionGroup')

const states = ['open', 'resolved', 'ignored'] as const

const ListQuery = z.strictObject({
  ...pageQuery,
  'filter[state]': z.enum(states).optional(),
  'filter[code]': IssueCodeShape.optional(),
  'filter[cause]': z.string().max(1_000).optional(),
  'filter[deal]': z.string().max(256).optional(),
})

/** Exceptions: what stops, why, and what a person does about it. */
export function addExceptions(app: Api, context: ApiContext): void {
  const { store } = context
  addRead(app, context, {
    path: '/v1/exceptions',
    scope: 'deals:read',
    tag: 'exceptions',
    summary: 'List exceptions, the latest first',
    query: ListQuery,
    answer: pageOf(ExceptionShape).openapi('ExceptionList'),
    read: async ({ query: { limit, cursor, ...filters }, cursors }) => {
      const rows = await listExceptions(store.read, filterOf(filters, cursors.open(cursor), limit + 1))
      return page(rows, limit, cursors, ({ exceptionId }) => exceptionId, exceptionOut)
    },
  })
  addGroups(app, context)
  addRead(app, context, {
    path: '/v1/exceptions/{id}',
    scope: 'deals:read',
    tag: 'exceptions',
    summary: 'Show an exception',
    params: byId,
    problems: [404],
    answer: ExceptionShape,
    read: async ({ params }) => exceptionOut(await exceptionNamed(store.read, params.id)),
  })
  addIgnore(app, context)
  addReplay(app, context)
}

type Filters = Omit<z.output<typeof ListQuery>, 'limit' | 'cursor'>

function filterOf(filters: Filters, cursor: string | undefined, limit: number) {
  const {
    'filter[state]': state,
    'filter[code]': code,
    'filter[cause]': cause,
    'filter[deal]': caseId,
  } = filters
  const given = Object.entries({ state, code, cause, caseId, cursor }).filter(
    ([, value]) => value !== undefined,
  )
  return { ...(Object.fromEntries(given) as { state?: Exception['state'] }), limit }
}

function addGroups(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/exceptions/groups',
    scope: 'deals:read',
    tag: 'exceptions',
    summary: 'Open exceptions by cause, with the money that waits',
    answer: z.object({ object: z.literal('list'), data: z.array(GroupShape) }).openapi('ExceptionGroupList'),
    read: async () => ({
      object: 'list' as const,
      data: (await exceptionGroups(context.store.read)).map(groupOut),
    }),
  })
}

function groupOut({ oldestAt, amounts, ...group }: ExceptionGroup): z.input<typeof GroupShape> {
  return {
    object: 'exception_group',
    ...group,
    oldest_at: instantOut(oldestAt),
    amounts: amounts.map(moneyOut),
  }
}

function addIgnore(app: Api, context: ApiContext): void {
  addWrite(app, context, {
    path: '/v1/exceptions/{id}/ignore',
    scope: 'exceptions:work',
    tag: 'exceptions',
    summary: 'Decide that an exception needs nothing',
    params: byId,
    problems: [404],
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    answer: ExceptionShape,
    write: async (unit, { params, body: { reason }, key }) => {
      const { exceptionId, state, code } = await exceptionNamed(unit, params.id)
      const [at, by] = [context.clock.now(), actorOf(key)]
      if (!(await settleException(unit, exceptionId, 'ignored', { by, resolution: reason, at }))) {
        const detail = `Exception ${exceptionId} is ${state}, not open.`
        throw new ProblemError({ status: 409, code: 'state-conflict', detail })
      }
      const act = {
        action: 'exception-ignored',
        subjectKind: 'exception',
        subject: exceptionId,
        detail: { code, reason },
      }
      await recordAct(unit, { actor: by, ...act }, at)
      return { body: exceptionOut(await exceptionNamed(unit, exceptionId)) }
    },
  })
}

async function exceptionNamed(reader: Reader, id: string): Promise<Exception> {
  const held = await exceptionOf(reader, id)
  if (held !== null) return held
  throw new ProblemError({ status: 404, code: 'not-found', detail: `No exception is known as ${id}.` })
}
