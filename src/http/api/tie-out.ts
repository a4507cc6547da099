import { z } from '@hono/zod-openapi'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { Instant, instantOut } from '../shapes.ts'
import { tieOutStates, tiesOut, type TieOutState } from '../tie-out-state.ts'
import type { ApiContext } from './api-context.ts'

const mostDifferences = 100

const DifferenceShape = z
  .object({
    subject: z.string(),
    field: z.string(),
    expected: z.string().nullable(),
    found: z.string().nullable(),
    cause: z.string(),
  })
  .openapi('Difference')

const TieOutShape = z
  .object({
    name: z.string(),
    from: z.string(),
    to: z.string(),
    state: z.enum(['never', 'finished', 'failed']),
    ties_out: z.boolean(),
    population: z.int(),
    matched: z.int(),
    difference_count: z.int(),
    differences: z.array(DifferenceShape).openapi({ description: `The first ${mostDifferences}.` }),
    detail: z.string().nullable(),
    compared_at: Instant.nullable(),
  })
  .openapi('TieOut')

const TieOutListShape = z
  .object({ object: z.literal('tie_out'), ties_out: z.boolean(), data: z.array(TieOutShape) })
  .openapi('TieOutList')

/** The seven tie-outs: where every number of one book meets the next. */
export function addTieOut(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/tie-out',
    scope: 'reports:read',
    tag: 'reports',
    summary: 'The latest comparison of each pair of books',
    answer: TieOutListShape,
    read: async () => {
      const states = await tieOutStates(context.store.read, mostDifferences)
      return { object: 'tie_out' as const, ties_out: states.every(tiesOut), data: states.map(stateOut) }
    },
  })
}

function stateOut(state: TieOutState): z.input<typeof TieOutShape> {
  const { name, from, to, run, differences } = state
  return {
    name,
    from,
    to,
    state: run === null ? 'never' : run.state === 'failed' ? 'failed' : 'finished',
    ties_out: tiesOut(state),
    population: run?.population ?? 0,
    matched: run?.matched ?? 0,
    difference_count: run?.differenceCount ?? 0,
    differences: differences.map(({ subject, field, expected, found, cause }) => ({
      subject,
      field,
      expected,
      found,
      cause,
    })),
    detail: run?.stateDetail ?? null,
    compared_at: instantOut(run?.finishedAt ?? null),
  }
}
