import { z } from '@hono/zod-openapi'
import { changeOf, totalsOf, type UsageEffect } from '../../domain/usage-effect.ts'
import { rehearseUsage } from '../../store/rehearse-usage.ts'
import { effectOfUse } from '../../store/usage-effect.ts'
import { keyedEvent } from '../../store/usage-key.ts'
import { requireScope } from '../access/authenticate.ts'
import { secured } from '../access/security.ts'
import { batchType, mostEvents, readEvents } from '../event-forms.ts'
import { readItem, resultsOf, soundEvents } from '../event-results.ts'
import { EventResult, EventShape } from '../events-description.ts'
import type { Api } from '../foundation.ts'
import { Day, moneyOut, MoneyShape, problemAnswers } from '../shapes.ts'
import type { ApiContext } from './api-context.ts'

const EffectShape = z
  .object({
    customer_id: z.string(),
    meter: z.string(),
    contract_id: z.string().nullable(),
    line_id: z.string().nullable(),
    period: z.object({ starts_on: Day, ends_before: Day }).nullable(),
    billed_by: z.enum(['own-invoice', 'next-invoice', 'nothing']).openapi({
      description:
        'The invoice of the period; the next one, because that one is closed; nothing, because no contract that is billed sells it.',
    }),
    quantity_before: z.string(),
    quantity_after: z.string(),
    amount_before: MoneyShape.nullable(),
    amount_after: MoneyShape.nullable(),
    change: MoneyShape.nullable().openapi({ description: 'Below zero for a credit.' }),
  })
  .openapi('UsageEffect')

const PreviewShape = z
  .object({
    object: z.literal('usage_preview'),
    results: z.array(EventResult),
    effects: z.array(EffectShape),
    totals: z.array(z.object({ total: MoneyShape, on_next_invoices: MoneyShape })),
  })
  .openapi('UsagePreview')

/** What usage events would become and cost, if they were sent. Nothing is kept. */
export function addUsagePreview(app: Api, context: ApiContext): void {
  describe(app)
  app.post('/v1/events/preview', requireScope('usage:write', context), async (c) => {
    const { store, clock, books } = context
    const read = (await readEvents(c.req.raw)).parse()
    const now = clock.now()
    const documents = read.kind === 'single' ? [read.event] : read.events
    const items = documents.map((document) => readItem(document, now))
    const { outcomes, hours } = await rehearseUsage(store, soundEvents(items).map(keyedEvent), now)
    const effects = await effectOfUse(hours, { reader: store.read, now, sellers: books.entities })
    return c.json({
      object: 'usage_preview' as const,
      results: resultsOf(items, outcomes),
      effects: effects.map(effectOut),
      totals: totalsOf(effects).map(({ total, onNextInvoices }) => ({
        total: moneyOut(total),
        on_next_invoices: moneyOut(onNextInvoices),
      })),
    })
  })
}

function describe(app: Api): void {
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/events/preview',
    tags: ['usage'],
    summary: 'Preview what usage events would become, and cost',
    description:
      `Up to ${mostEvents} events in the forms of \`POST /v1/events\`, corrections too. Each billing period that would change is told with its quantity and amount ` +
      "now and after, by the contract's terms and before tax, and how the change gets billed. Nothing is kept.",
    ...secured('usage:write'),
    request: {
      body: { required: true, content: { [batchType]: { schema: z.array(EventShape).max(mostEvents) } } },
    },
    responses: {
      200: {
        description: 'What would come of it.',
        content: { 'application/json': { schema: PreviewShape } },
      },
      ...problemAnswers(400, 401, 403, 413, 415, 422, 503),
    },
  })
}

function effectOut(effect: UsageEffect): z.input<typeof EffectShape> {
  const { period, amountBefore, amountAfter } = effect
  const change = changeOf(effect)
  return {
    customer_id: effect.customerId,
    meter: effect.meter,
    contract_id: effect.contractId,
    line_id: effect.lineId,
    period: period && { starts_on: period.startsOn, ends_before: period.endsBefore },
    billed_by: effect.billedBy,
    quantity_before: effect.quantityBefore,
    quantity_after: effect.quantityAfter,
    amount_before: amountBefore && moneyOut(amountBefore),
    amount_after: amountAfter && moneyOut(amountAfter),
    change: change && moneyOut(change),
  }
}
