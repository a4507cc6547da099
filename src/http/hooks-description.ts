import { z } from '@hono/zod-openapi'
import type { Api } from './foundation.ts'
import { problemAnswers } from './shapes.ts'

/** Puts the hooks into the API's description; what they take is the vendors' own. */
export function describeHooks(app: Api): void {
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/hooks/{name}',
    tags: ['hooks'],
    summary: 'Take a vendor’s message',
    description:
      'For `stripe`, `hubspot`, `salesforce` (outbound messages), `salesforce/flow` and `segment`. The body and its signature are as the vendor ' +
      'documents them. The answer comes after the message is stored; a message that comes again changes nothing.',
    request: { params: z.object({ name: z.string().openapi({ example: 'stripe' }) }) },
    responses: {
      200: { description: 'Stored, or known already.' },
      ...problemAnswers(400, 403, 404, 413, 415, 503),
    },
  })
}
