import { z } from '@hono/zod-openapi'
import { isInForce, joinFlags, type UsageStanding } from '../../domain/entitlement.ts'
import { forecastLine, type Forecast } from '../../domain/entitlement-forecast.ts'
import { contractsOfCustomer, type StoredContract } from '../../store/contracts.ts'
import { customerBySubject } from '../../store/customers.ts'
import { addRead } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { byId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import { Day, Instant, instantOut, moneyOut, MoneyShape } from '../shapes.ts'
import { billingDayOf, readStandings, zoneOf } from '../usage-standings.ts'
import type { ApiContext } from './api-context.ts'
import { contractStates } from './contract-shapes.ts'

const Features = z.record(z.string(), z.union([z.boolean(), z.number(), z.string()]))
const Period = z.object({ starts_on: Day, ends_before: Day })

const StandingShape = z
  .object({
    line_id: z.string(),
    meter: z.string(),
    product: z.object({ code: z.string(), name: z.string() }),
    period: Period,
    included: z.string().openapi({ description: 'Units the fee covers, as an exact decimal.' }),
    used: z.string(),
    remaining: z.string(),
    percent_used: z
      .string()
      .nullable()
      .openapi({ description: 'To one decimal; above 100 with overage, null where nothing is included.' }),
    overage: z.object({ units: z.string(), amount: MoneyShape, explanation: z.string() }),
    forecast: z
      .object({ units: z.string(), overage_units: z.string(), amount: MoneyShape })
      .nullable()
      .openapi({
        description:
          'The end of the period at the rate so far: used × length of the period ÷ time passed. Null in its first hour.',
      }),
  })
  .openapi('UsageStanding')

const EntitledContractShape = z.object({
  contract_id: z.string(),
  number: z.string(),
  state: z.enum(contractStates),
  starts_on: Day,
  ends_before: Day,
  features: Features,
  usage: z.array(StandingShape),
})

const EntitlementsShape = z
  .object({
    object: z.literal('entitlements'),
    customer_id: z.string(),
    name: z.string(),
    as_of: Instant,
    features: Features.openapi({
      description:
        'All contracts in force together: a switch is on when one turns it on, the larger number counts.',
    }),
    contracts: z.array(EntitledContractShape),
  })
  .openapi('Entitlements')

/** What a customer may use, and what is left of it. */
export function addEntitlements(app: Api, context: ApiContext): void {
  const { store, clock } = context
  addRead(app, context, {
    path: '/v1/customers/{id}/entitlements',
    scope: 'contracts:read',
    tag: 'contracts',
    summary: 'What a customer may use, by any id under which usage names it',
    description:
      'Contracts count while they are served, whether billing is set up or not: what was agreed is granted. Use is what was accepted so far; its ' +
      'billing period is that of the invoice, whose days begin at 00:00 or 12:00 UTC.',
    params: byId,
    problems: [404],
    answer: EntitlementsShape,
    read: async ({ params }) => {
      const customer = await customerBySubject(store.read, params.id)
      if (customer === null)
        throw new ProblemError({
          status: 404,
          code: 'not-found',
          detail: `No customer is known as ${params.id}.`,
        })
      const contracts = await contractsOfCustomer(store.read, customer.customerId)
      const inForce = contracts.filter(
        (held) => held.state !== 'ended' && isInForce(held, billingDayOf(held, context.books, clock.now())),
      )
      const entitled = await Promise.all(inForce.map((held) => entitledOut(held, context)))
      return {
        object: 'entitlements' as const,
        customer_id: customer.customerId,
        name: customer.name,
        as_of: instantOut(clock.now()),
        features: joinFlags(inForce.map(({ version }) => version.terms.entitlements)),
        contracts: entitled,
      }
    },
  })
}

async function entitledOut(
  held: StoredContract,
  context: ApiContext,
): Promise<z.input<typeof EntitledContractShape>> {
  const { version } = held
  const [now, zone] = [context.clock.now(), zoneOf(held, context.books)]
  const standings = await readStandings(context.store.read, held, context.books, now)
  return {
    contract_id: held.contractId,
    number: held.number,
    state: held.state,
    starts_on: held.startsOn,
    ends_before: held.endsBefore,
    features: version.terms.entitlements,
    usage: standings.map((standing) =>
      standingOut(standing, forecastLine(version.terms, standing, zone, now)),
    ),
  }
}

function standingOut(standing: UsageStanding, forecast: Forecast | null): z.input<typeof StandingShape> {
  const { lineId, meter, product, period, overageUnits, overage, explanation } = standing
  return {
    line_id: lineId,
    meter,
    product: { code: product.code, name: product.name },
    period: { starts_on: period.startsOn, ends_before: period.endsBefore },
    included: standing.includedUnits,
    used: standing.usedUnits,
    remaining: standing.remainingUnits,
    percent_used: standing.percentUsed,
    overage: { units: overageUnits, amount: moneyOut(overage), explanation },
    forecast: forecast && {
      units: forecast.units,
      overage_units: forecast.overageUnits,
      amount: moneyOut(forecast.amount),
    },
  }
}
