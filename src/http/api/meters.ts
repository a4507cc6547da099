import { z } from '@hono/zod-openapi'
import { listMeters, meterHead, meterVersions, type MeterHead } from '../../store/meters.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { anyId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import type { ApiContext } from './api-context.ts'
import { meterVersionOut, MeterVersionShape } from './meter-shapes.ts'

const MeterHeadShape = z
  .object({
    object: z.literal('meter'),
    name: z.string().openapi({ example: 'llm-tokens' }),
    current: MeterVersionShape.nullable().openapi({
      description: 'The version that counts now; null before the first hour of the first.',
    }),
    upcoming: z.array(MeterVersionShape).openapi({ description: 'Versions whose first hour is to come.' }),
  })
  .openapi('Meter')

const MeterShape = MeterHeadShape.extend({
  versions: z.array(MeterVersionShape).openapi({ description: 'All of them, the latest first.' }),
}).openapi('MeterWithVersions')

/** Meters that somebody defined, and their versions. */
export function addMeters(app: Api, context: ApiContext): void {
  const { store, clock } = context
  addRead(app, context, {
    path: '/v1/meters',
    scope: 'contracts:read',
    tag: 'usage',
    summary: 'List the meters that are defined, by name',
    description:
      'A type of event that no definition names counts as the meter of its own name, by the sum of its values; such meters are not listed.',
    query: z.strictObject(pageQuery),
    answer: pageOf(MeterHeadShape).openapi('MeterList'),
    read: async ({ query: { limit, cursor }, cursors }) => {
      const after = cursors.open(cursor)
      const wanted = { limit: limit + 1, ...(after && { cursor: after }) }
      const meters = await listMeters(store.read, clock.now(), wanted)
      return page(meters, limit, cursors, ({ meter }) => meter, meterOut)
    },
  })
  addRead(app, context, {
    path: '/v1/meters/{name}',
    scope: 'contracts:read',
    tag: 'usage',
    summary: 'A meter with every version of its definition',
    params: z.strictObject({ name: anyId }),
    problems: [404],
    answer: MeterShape,
    read: async ({ params: { name } }) => {
      const versions = await meterVersions(store.read, name)
      if (versions.length === 0)
        throw new ProblemError({
          status: 404,
          code: 'not-found',
          detail: `No meter named ${name} is defined.`,
        })
      return {
        ...meterOut(meterHead(versions, clock.now())),
        versions: versions.map(meterVersionOut),
      }
    },
  })
}

function meterOut({ meter, current, upcoming }: MeterHead): z.input<typeof MeterHeadShape> {
  return {
    object: 'meter',
    name: meter,
    current: current && meterVersionOut(current),
    upcoming: upcoming.map(meterVersionOut),
  }
}
