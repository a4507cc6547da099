import { z } from '@hono/zod-openapi'
import { checkFeature, checkUse, type FeatureCheck, type UseCheck } from '../domain/entitlement-check.ts'
import { featureToCheck, standingsToCheck } from '../store/entitlement-lookup.ts'
import { rollStandings } from '../store/standings.ts'
import { addAsk, type EndpointContext } from './endpoint.ts'
import type { Api } from './foundation.ts'
import { ProblemError } from './problem.ts'
import { Instant, instantOut } from './shapes.ts'

const customer = z
  .string()
  .min(1)
  .max(256)
  .openapi({ description: 'Any id under which usage names the customer.' })
const name = z.string().min(1).max(100)

const Question = z
  .union([
    z.strictObject({ customer, feature: name }),
    z.strictObject({
      customer,
      meter: name,
      units: z
        .string()
        .regex(/^\d{1,30}(\.\d{1,18})?$/, 'Write units as an exact decimal, zero or more')
        .default('1'),
    }),
  ])
  .openapi('EntitlementQuestion')

const reasons = [
  'included',
  'overage',
  'limit-reached',
  'not-sold',
  'granted',
  'switched-off',
  'not-granted',
] as const

const AnswerShape = z
  .object({
    object: z.literal('entitlement_check'),
    customer_id: z.string(),
    allowed: z.boolean(),
    reason: z.enum(reasons).openapi({
      description:
        'included: covered by the fee. overage: sold beyond it, and billed. limit-reached: the hard limit of the contract. not-sold: no contract in ' +
        'force sells the meter. granted, switched-off, not-granted: what contracts say of the feature.',
    }),
    value: z.union([z.boolean(), z.number(), z.string()]).nullable(),
    included: z.string().nullable(),
    limit: z.string().nullable().openapi({
      description:
        'Use beyond it is refused; null where overage is sold. A contract sets it by an entitlement with the name of the meter.',
    }),
    used: z.string().nullable(),
    remaining: z
      .string()
      .nullable()
      .openapi({ description: 'Left before use is refused, or, without a limit, before it costs.' }),
    resets_at: Instant.nullable(),
    as_of: Instant,
  })
  .openapi('EntitlementCheck')

/** The question a product asks before it serves: may this customer use that, now? It is answered from one row, and from a Worker too. */
export function addEntitlementCheck(app: Api, context: EndpointContext): void {
  addAsk(app, context, {
    path: '/v1/entitlements/check',
    scope: 'entitlements:read',
    tag: 'usage',
    summary: 'Whether a customer may use a feature, or units of a meter, now',
    description:
      'Nothing is reserved: use counts when its event is accepted. Overage that the contract sells is allowed and said; a hard limit is refused.',
    problems: [404],
    body: Question,
    answer: AnswerShape,
    ask: async (question) => {
      const now = context.clock.now()
      const answer =
        'feature' in question
          ? await askFeature(question.customer, question.feature, now, context)
          : await askUse(question, now, context)
      return { object: 'entitlement_check' as const, ...answer, as_of: instantOut(now) }
    },
  })
}

type Answer = Omit<z.input<typeof AnswerShape>, 'object' | 'as_of'>

async function askFeature(
  subject: string,
  feature: string,
  now: Date,
  { store }: EndpointContext,
): Promise<Answer> {
  const found = await featureToCheck(store.read, subject, feature, now)
  if (found === null) throw unknownCustomer(subject)
  return { customer_id: found.customerId, ...featureOut(checkFeature(found.values)) }
}

async function askUse(
  { customer: subject, meter, units }: { customer: string; meter: string; units: string },
  now: Date,
  { store }: EndpointContext,
): Promise<Answer> {
  const read = async () => {
    const found = await standingsToCheck(store.read, subject, meter)
    if (found === null) throw unknownCustomer(subject)
    return found
  }
  const found = await read()
  const { customerId } = found
  let { standings } = found
  // A period has ended, and the sweeper has not come by yet.
  if (standings.some(({ rollsAt }) => rollsAt !== null && rollsAt <= now)) {
    await store.unitOfWork((unit) => rollStandings(unit, [customerId], now))
    standings = (await read()).standings
  }
  const current = standings.find(({ periodTo }) => periodTo !== null && now < periodTo) ?? null
  return { customer_id: customerId, ...useOut(checkUse(current, units)) }
}

function unknownCustomer(subject: string): ProblemError {
  return new ProblemError({
    status: 404,
    code: 'not-found',
    detail: `No customer is known as ${subject}.`,
  })
}

function featureOut({ allowed, reason, value }: FeatureCheck) {
  return { allowed, reason, value, included: null, limit: null, used: null, remaining: null, resets_at: null }
}

function useOut({ allowed, reason, ...standing }: UseCheck) {
  return {
    allowed,
    reason,
    value: null,
    included: standing.includedUnits,
    limit: standing.limitUnits,
    used: standing.usedUnits,
    remaining: standing.remainingUnits,
    resets_at: instantOut(standing.resetsAt),
  }
}
