import { z } from '@hono/zod-openapi'
import { recordAct } from '../../store/audit.ts'
import { exceptionOf, stoppedSubjects, type Exception } from '../../store/exceptions.ts'
import type { Unit } from '../../store/unit-of-work.ts'
import { addWrite } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { ProblemError } from '../problem.ts'
import { replay, type Stopped } from '../replay.ts'
import { actorOf, type ApiContext } from './api-context.ts'
import { IssueCodeShape } from './exception-shapes.ts'

const ReplayBody = z
  .strictObject({
    code: IssueCodeShape.optional(),
    cause: z.string().min(1).max(1_000).optional(),
    ids: z.array(z.string().min(1).max(256)).min(1).max(200).optional(),
  })
  .refine(
    ({ cause, ids }) => (cause === undefined) !== (ids === undefined),
    'give either cause (with code) or ids',
  )
  .openapi('Replay')

/** Takes up again what the exceptions of one cause, or those named, stopped. */
export function addReplay(app: Api, context: ApiContext): void {
  addWrite(app, context, {
    path: '/v1/exceptions/replay',
    scope: 'exceptions:work',
    tag: 'exceptions',
    summary: 'Try again whatever a cause stopped',
    description:
      'Mend the cause first, by a lookup row or in the CRM. What is mended goes on and its exceptions resolve; nothing is done twice.',
    problems: [404],
    body: ReplayBody,
    statuses: [202],
    answer: z
      .object({ object: z.literal('replay'), stopped: z.int(), taken_up: z.int() })
      .openapi('ReplayResult'),
    write: async (unit, { body, key }) => {
      const stopped = await stoppedBy(unit, body)
      const taken = await replay(unit, stopped, actorOf(key), context)
      const subject = body.cause ?? (body.ids ?? []).join(' ')
      const act = { action: 'exceptions-replayed', subjectKind: 'cause', subject, detail: { ...body, taken } }
      await recordAct(unit, { actor: actorOf(key), ...act }, context.clock.now())
      return { status: 202, body: { object: 'replay' as const, stopped: stopped.length, taken_up: taken } }
    },
  })
}

async function stoppedBy(unit: Unit, { cause, code, ids }: z.output<typeof ReplayBody>): Promise<Stopped[]> {
  if (cause !== undefined) return stoppedSubjects(unit, cause, code)
  const named: Exception[] = []
  for (const id of ids ?? []) {
    const held = await exceptionOf(unit, id)
    if (held === null)
      throw new ProblemError({ status: 404, code: 'not-found', detail: `No exception is known as ${id}.` })
    named.push(held)
  }
  return named.filter(({ state }) => state === 'open')
}
