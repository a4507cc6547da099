import { z } from '@hono/zod-openapi'
import { secured } from './access/security.ts'
import { CloudEvent, UsageContent, UsageRetraction } from '../domain/cloud-event.ts'
import { batchType, binaryType, mostEvents, structuredType } from './event-forms.ts'
import type { Api } from './foundation.ts'
import { problemAnswers } from './shapes.ts'

/** An event as it is sent: use, or a retraction of it. */
export const EventShape = z.union([CloudEvent, UsageRetraction])

/** What became of one event. `status` is what it would have been answered with alone. */
export const EventResult = z
  .object({
    index: z.int(),
    source: z.string().nullable(),
    id: z.string().nullable(),
    status: z.union([z.literal(202), z.literal(404), z.literal(409), z.literal(413), z.literal(422)]),
    state: z
      .enum([
        'accepted',
        'unmatched',
        'duplicate',
        'conflict',
        'unknown-event',
        'not-corrected',
        'invalid',
        'too-large',
      ])
      .openapi({
        description:
          'Of a correction: `unknown-event`, there is no event to correct; `not-corrected`, the event was corrected before, or the correction does not fit it.',
      }),
    duplicate: z.boolean(),
    late: z.boolean().openapi({ description: 'The event is older than 35 days. It counts all the same.' }),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .openapi('UsageResult')

export type EventResult = z.output<typeof EventResult>

const Receipt = z
  .object({
    object: z.literal('usage_receipt'),
    accepted: z.int(),
    unmatched: z
      .int()
      .openapi({ description: 'Kept, but the subject names no customer; an exception is open.' }),
    duplicates: z.int(),
    refused: z.int(),
    results: z.array(EventResult),
  })
  .openapi('UsageReceipt')

/** Puts the stream of usage events into the API's description. */
export function describeEventStream(app: Api): void {
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/events/stream',
    tags: ['usage'],
    summary: 'Send a stream of usage events',
    description:
      'One CloudEvent a line, as many as you like. Read the answer while you send. It is lines too: `usage_result` for each event that is neither ' +
      'accepted nor had been sent before, `usage_acknowledgement` says through which line all is kept for good, and the last is `usage_stream_receipt` with the totals. When ' +
      'that is missing, or is a `usage_stream_failure`, send again what follows the last line acknowledged; nothing counts twice.',
    ...secured('usage:write'),
    request: { body: { required: true, content: { 'application/x-ndjson': { schema: z.string() } } } },
    responses: {
      200: { description: 'Lines of JSON.', content: { 'application/x-ndjson': { schema: z.string() } } },
      ...problemAnswers(401, 403, 415, 503),
    },
  })
}

/** Puts usage events into the API's description. */
export function describeEvents(app: Api): void {
  const json = { 'application/json': { schema: Receipt } }
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/events',
    tags: ['usage'],
    summary: 'Send usage events',
    description:
      `CloudEvents 1.0: one event (\`${structuredType}\`), up to ${mostEvents} (\`${batchType}\`), or the data alone with ce- headers ` +
      `(\`${binaryType}\`). An event is known by source and id: sent again it counts once, so repeat a request whose answer was lost. An event with ` +
      '`retracts`, and no data, takes an earlier one of its source away; one with `replaces` counts in its place.',
    ...secured('usage:write'),
    request: {
      body: {
        required: true,
        content: {
          [structuredType]: { schema: EventShape },
          [batchType]: { schema: z.array(EventShape).max(mostEvents) },
          [binaryType]: { schema: UsageContent },
        },
      },
    },
    responses: {
      202: { description: 'All kept.', content: json },
      207: { description: 'Some kept, some refused; see each result.', content: json },
      ...problemAnswers(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    },
  })
}
