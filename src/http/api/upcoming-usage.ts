import { z } from '@hono/zod-openapi'
import { sum } from '../../domain/money.ts'
import { upcomingUsage, type UpcomingUsage } from '../../domain/upcoming-usage.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { byId } from '../ids.ts'
import { Day, Instant, instantOut, moneyOut, MoneyShape } from '../shapes.ts'
import { readStandings } from '../usage-standings.ts'
import type { ApiContext } from './api-context.ts'
import { contractNamed } from './contracts.ts'

const LineShape = z
  .object({
    line_id: z.string(),
    meter: z.string(),
    product: z.object({ code: z.string(), name: z.string() }),
    period: z.object({ starts_on: Day, ends_before: Day }),
    invoiced_on: Day,
    quantity: z.string(),
    included: z.string(),
    overage: z.string(),
    amount: MoneyShape,
    explanation: z.string().openapi({ example: '3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60' }),
    priced_by: z
      .enum(['stripe', 'tieout'])
      .openapi({ description: 'Stripe, from its meter; Tieout, where Stripe cannot price the terms.' }),
  })
  .openapi('UpcomingUsageLine')

const UpcomingShape = z
  .object({
    object: z.literal('upcoming_usage'),
    contract_id: z.string(),
    number: z.string(),
    as_of: Instant,
    total: MoneyShape,
    lines: z.array(LineShape),
  })
  .openapi('UpcomingUsage')

/** What the use so far will be on the next invoice: the shadow of a line that is not there yet. */
export function addUpcomingUsage(app: Api, context: ApiContext): void {
  const { store, books, clock } = context
  addRead(app, context, {
    path: '/v1/contracts/{id}/upcoming-usage',
    scope: 'contracts:read',
    tag: 'contracts',
    summary: "The usage lines of a contract's next invoice, as they would be now",
    description:
      'Rated from the hours, in the same periods and by the same rules as the invoice, before tax. Use that is still to come, or comes late, adds to it.',
    params: byId,
    problems: [404],
    answer: UpcomingShape,
    read: async ({ params }) => {
      const held = await contractNamed(store.read, params.id)
      const now = clock.now()
      const { terms } = held.version
      const lines = upcomingUsage(terms, await readStandings(store.read, held, books, now))
      return {
        object: 'upcoming_usage' as const,
        contract_id: held.contractId,
        number: held.number,
        as_of: instantOut(now),
        total: moneyOut(
          sum(
            terms.currency,
            lines.map(({ overage }) => overage),
          ),
        ),
        lines: lines.map(lineOut),
      }
    },
  })
}

function lineOut(line: UpcomingUsage): z.input<typeof LineShape> {
  const { lineId, meter, product, period, explanation } = line
  return {
    line_id: lineId,
    meter,
    product: { code: product.code, name: product.name },
    period: { starts_on: period.startsOn, ends_before: period.endsBefore },
    invoiced_on: line.invoicedOn,
    quantity: line.usedUnits,
    included: line.includedUnits,
    overage: line.overageUnits,
    amount: moneyOut(line.overage),
    explanation,
    priced_by: line.isPricedByProvider ? 'stripe' : 'tieout',
  }
}
