import { z } from '@hono/zod-openapi'
import { cursorOfCorrection, listCorrections, type KeptCorrection } from '../../store/usage-corrections.ts'
import { page, pageOf, pageQuery } from '../cursor.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { anyId } from '../ids.ts'
import { Instant, instantOut } from '../shapes.ts'
import type { ApiContext } from './api-context.ts'

const CorrectionShape = z
  .object({
    object: z.literal('usage_correction'),
    kind: z.enum(['retraction', 'replacement']),
    source: z.string(),
    original_id: z.string().openapi({ description: 'The event that counts no longer.' }),
    correcting_id: z
      .string()
      .openapi({ description: 'The event that took it away, or counts in its place.' }),
    customer_id: z.string().nullable().openapi({ description: 'Null while nobody knows whose it is.' }),
    meter: z.string(),
    subject: z.string(),
    occurred_at: Instant.openapi({ description: 'When the original use happened.' }),
    quantity: z.string().openapi({ description: 'What the original counted, and is voided.' }),
    corrected_at: Instant.openapi({ description: 'The time of the event that corrected it.' }),
    received_at: Instant,
  })
  .openapi('UsageCorrection')

/** Events that were corrected: each once, with what it counted and what took its place. */
export function addUsageCorrections(app: Api, context: ApiContext): void {
  addRead(app, context, {
    path: '/v1/usage/corrections',
    scope: 'contracts:read',
    tag: 'usage',
    summary: 'List usage that was retracted or replaced, the latest first',
    description:
      'The events stay as they were sent. What is accepted of a customer and meter is what counts and what these voided.',
    query: z.strictObject({
      ...pageQuery,
      'filter[customer]': anyId.optional(),
      'filter[meter]': z.string().max(100).optional(),
    }),
    answer: pageOf(CorrectionShape).openapi('UsageCorrectionList'),
    read: async ({
      query: { limit, cursor, 'filter[customer]': customerId, 'filter[meter]': meter },
      cursors,
    }) => {
      const after = cursors.open(cursor)
      const rows = await listCorrections(context.store.read, {
        limit: limit + 1,
        ...(customerId && { customerId }),
        ...(meter && { meter }),
        ...(after && { cursor: after }),
      })
      return page(rows, limit, cursors, cursorOfCorrection, correctionOut)
    },
  })
}

function correctionOut(kept: KeptCorrection): z.input<typeof CorrectionShape> {
  return {
    object: 'usage_correction',
    kind: kept.kind,
    source: kept.source,
    original_id: kept.originalId,
    correcting_id: kept.correctingId,
    customer_id: kept.customerId,
    meter: kept.meter,
    subject: kept.subject,
    occurred_at: instantOut(kept.occurredAt),
    quantity: kept.quantity,
    corrected_at: instantOut(kept.correctedAt),
    received_at: instantOut(kept.receivedAt),
  }
}
