import { z } from '@hono/zod-openapi'
import { listThresholdsCrossed, type ThresholdCrossed } from '../../store/threshold-lookup.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { anyId } from '../ids.ts'
import { Instant, instantOut } from '../shapes.ts'
import type { ApiContext } from './api-context.ts'

const ThresholdShape = z
  .object({
    object: z.literal('usage_threshold_crossed'),
    id: z.string().openapi({ example: 'ucr_0198…' }),
    customer_id: z.string(),
    contract_id: z.string(),
    line_id: z.string(),
    meter: z.string(),
    period: z.object({ starts_at: Instant, ends_at: Instant }),
    percent: z.string().openapi({ example: '80' }),
    threshold: z.string().openapi({ description: 'Units at which it is crossed.' }),
    included: z.string(),
    used: z.string().openapi({ description: 'Units used just after.' }),
    crossed_at: Instant.openapi({ description: 'When the use that crossed it was counted.' }),
  })
  .openapi('UsageThresholdCrossed')

/** Thresholds that use has crossed, each once for its billing period. */
export function addThresholds(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/usage/thresholds',
    scope: 'contracts:read',
    tag: 'usage',
    summary: 'List the thresholds that use has crossed, the latest first',
    description:
      'Shares of the included units, 50, 80 and 100 % unless set otherwise. Each is told once for a line and billing period, also when use is ' +
      'taken back and comes again.',
    query: z.strictObject({ ...pageQuery, 'filter[customer]': anyId.optional() }),
    answer: pageOf(ThresholdShape).openapi('UsageThresholdCrossedList'),
    read: async ({ query: { limit, cursor, 'filter[customer]': customerId }, cursors }) => {
      const after = cursors.open(cursor)
      const wanted = { limit: limit + 1, ...(customerId && { customerId }), ...(after && { cursor: after }) }
      const rows = await listThresholdsCrossed(context.store.read, wanted)
      return page(rows, limit, cursors, ({ crossingId }) => crossingId, thresholdOut)
    },
  })
}

function thresholdOut(crossed: ThresholdCrossed): z.input<typeof ThresholdShape> {
  return {
    object: 'usage_threshold_crossed',
    id: crossed.crossingId,
    customer_id: crossed.customerId,
    contract_id: crossed.contractId,
    line_id: crossed.lineId,
    meter: crossed.meter,
    period: { starts_at: instantOut(crossed.periodFrom), ends_at: instantOut(crossed.periodTo) },
    percent: crossed.percent,
    threshold: crossed.thresholdUnits,
    included: crossed.includedUnits,
    used: crossed.usedUnits,
    crossed_at: instantOut(crossed.crossedAt),
  }
}
