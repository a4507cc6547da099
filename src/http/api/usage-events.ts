import { z } from '@hono/zod-openapi'
import { requireScope } from '../access/authenticate.ts'
import { secured } from '../access/security.ts'
import { faultsOf } from '../faults.ts'
import type { Api } from '../foundation.ts'
import { anyId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import { Day, problemAnswers } from '../shapes.ts'
import { csvOf, exportOf, fileNameOf } from '../usage-evidence.ts'
import { textStream } from '../text-stream.ts'
import type { ApiContext } from './api-context.ts'
import { contractNamed } from './contracts.ts'

const Query = z.strictObject({
  'filter[line]': anyId.optional().openapi({ description: 'Left out where there is only one.' }),
  'filter[starts_on]': Day.optional().openapi({
    description: 'The first day of a billing period; left out, the one at hand.',
  }),
})

/** The raw events behind a usage line: what a customer is shown who disputes it. */
export function addUsageEvents(app: Api, context: ApiContext): void {
  const { store, books, clock } = context
  describe(app)
  app.get('/v1/contracts/:id/usage-events', requireScope('contracts:read', context), async (c) => {
    const query = Query.safeParse(c.req.query())
    if (!query.success) throw new ProblemError(faultsOf('query', query.error))
    const { 'filter[line]': lineId, 'filter[starts_on]': startsOn } = query.data
    const held = await contractNamed(store.read, c.req.param('id').slice(0, 256))
    const wanted = { ...(lineId && { lineId }), ...(startsOn && { startsOn }) }
    const found = await exportOf(store.read, held, wanted, { books, now: clock.now() })
    return c.body(textStream(csvOf(found)), 200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${fileNameOf(held, found.evidence)}"`,
    })
  })
}

function describe(app: Api): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/v1/contracts/{id}/usage-events',
    tags: ['contracts'],
    summary: 'The raw usage events behind a line of a contract, as CSV',
    description:
      'Every event that counts for the line in one billing period: as it was sent, when it came, and what it counts as. Where a meter adds up, those add up to the quantity of the line. As long as it takes, ' +
      'in constant memory; an answer that breaks off is not whole.',
    ...secured('contracts:read'),
    request: { params: z.strictObject({ id: anyId }), query: Query },
    responses: {
      200: { description: 'A line an event.', content: { 'text/csv': { schema: z.string() } } },
      ...problemAnswers(400, 401, 403, 404, 409, 503),
    },
  })
}
