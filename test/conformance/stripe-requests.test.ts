import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'qs'
import { describe, expect, test } from 'vitest'
import { acmeTerms, feeLine, sampleTerms, tokenLine, usd } from '../domain/contract-samples.ts'
import type { SentRequest } from './stripe-world.ts'
import { idWithoutDrift, planOf, stripeWorld } from './stripe-world.ts'

const file = resolve(process.env['SPECS'] ?? '../shared/specs', 'stripe/json-schema/params.json')
const isAbsent = !existsSync(file)
if (isAbsent) console.log(`Stripe's request schemas are absent (${file}): requests are not checked`)

/** Which schema a request must fit, by method and path. */
const schemas: readonly (readonly [RegExp, string])[] = [
  [/^POST \/v1\/customers$/, 'CustomerCreateParams'],
  [/^POST \/v1\/customers\/[^/]+\/tax_ids$/, 'TaxIdCreateParams'],
  [/^POST \/v1\/products$/, 'ProductCreateParams'],
  [/^POST \/v1\/prices$/, 'PriceCreateParams'],
  [/^POST \/v1\/coupons$/, 'CouponCreateParams'],
  [/^POST \/v1\/billing\/meters$/, 'MeterCreateParams'],
  [/^POST \/v1\/billing\/meter_events$/, 'MeterEventCreateParams'],
  [/^POST \/v1\/subscriptions$/, 'SubscriptionCreateParams'],
  [/^POST \/v1\/subscription_schedules$/, 'SubscriptionScheduleCreateParams'],
  [/^POST \/v1\/invoiceitems$/, 'InvoiceItemCreateParams'],
  [/^POST \/v1\/invoices$/, 'InvoiceCreateParams'],
  [/^POST \/v1\/invoices\/[^/]+$/, 'InvoiceUpdateParams'],
]

/** Forbids parameters a schema does not list: Stripe refuses them, and the schemas leave them open. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  return 'properties' in copy && !('additionalProperties' in copy) && copy['type'] === 'object'
    ? { ...copy, additionalProperties: false }
    : copy
}

function checker(): (request: SentRequest) => string[] {
  const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as { definitions: Record<string, object> }
  const ajv = new Ajv({
    coerceTypes: true,
    strict: false,
    allErrors: true,
    formats: { decimal: /^-?\d+(\.\d{1,12})?$/ },
  })
  const names = [...new Set(schemas.map(([, name]) => name))]
  const validators = new Map(
    names.map((name) => [name, ajv.compile({ ...(closed(definitions[name]) as object), definitions })]),
  )
  return ({ method, path, body }) => {
    const name = schemas.find(([shape]) => shape.test(`${method} ${path}`))?.[1]
    const validate = validators.get(name ?? '')
    if (validate === undefined) return [`${method} ${path} has no schema`]
    const sent = parse(body, { depth: 10, arrayLimit: 100 })
    return validate(sent) ? [] : [`${method} ${path}: ${ajv.errorsText(validate.errors)}`]
  }
}

/** Contracts that together make the connector send every kind of request it can. */
async function everyRequest(): Promise<SentRequest[]> {
  const world = stripeWorld('2027-01-01')
  const yearly = feeLine({ lineId: 'year', listPrice: null })
  const setup = {
    kind: 'one-time' as const,
    lineId: 'setup',
    product: { code: 'SETUP', name: 'Set-up', family: 'Services' },
    price: usd(25_000),
    chargedOn: '2027-01-01',
    serviceMonths: 0,
  }
  const tiers = [
    { upTo: '50', unitPrice: '0.10', flatFee: usd(500) },
    { upTo: null, unitPrice: '0.08', flatFee: null },
  ]
  const address = {
    line1: '1 Bank Street',
    city: 'New York',
    postalCode: '10001',
    state: 'NY',
    country: 'US',
  }
  const customer = {
    crmAccountId: '001A',
    name: 'Acme Bank',
    billingEmail: 'ap@acme.example',
    address,
    taxIds: [{ type: 'us_ein', value: '12-3456789' }],
  }
  const term = { startsOn: '2027-01-01', endsBefore: '2028-01-01', customer }
  const discounts = [
    {
      name: 'Launch',
      percent: '12.5',
      amount: null,
      duration: { kind: 'months' as const, months: 3 },
      lineIds: null,
    },
  ]
  const monthly = feeLine({
    listPrice: null,
    unitPrice: usd(10_000),
    billing: { months: 1, timing: 'advance' },
  })
  const contracts = [
    planOf(acmeTerms({ customer, references: [{ name: 'Cost centre', value: '42' }] }), {
      asOf: '2027-01-01',
      automaticTax: true,
    }),
    planOf(
      sampleTerms({
        ...term,
        lines: [yearly, setup, tokenLine({ meter: 'calls', includedUnits: '0', model: 'graduated', tiers })],
      }),
      { asOf: '2027-01-01' },
      { contractId: 'ctr_2' },
    ),
    planOf(
      sampleTerms({
        ...term,
        startsOn: '2027-02-01',
        endsBefore: '2028-02-01',
        lines: [monthly],
        discounts,
      }),
      { asOf: '2027-01-01' },
      { contractId: 'ctr_3' },
    ),
    planOf(
      sampleTerms({ ...term, collection: { kind: 'card' } }),
      { asOf: '2027-01-01' },
      { contractId: 'ctr_4' },
    ),
  ]
  for (const plan of contracts) {
    const ids = await world.performAll(plan)
    const target = { customerId: ids['customer'] ?? '', subscriptionId: ids['subscription'] ?? '' }
    const first = plan.ownCharges.filter(({ availableFrom }) => availableFrom <= '2027-01-01')
    for (const own of first) idWithoutDrift(await world.billing.charge(own, target), own.chargeKey)
    const occurredAt = world.clock.now()
    await world.billing.sendMeterEvent({
      identifier: plan.contractId,
      meter: 'tokens',
      customerId: target.customerId,
      value: '1.5',
      occurredAt,
    })
  }
  return world.requests.filter(({ method }) => method === 'POST')
}

describe.skipIf(isAbsent)('what we send to Stripe', () => {
  test('fits the schemas of the API version, parameter by parameter, for every kind of request', async () => {
    const sent = await everyRequest()
    const check = checker()
    expect(sent.flatMap(check)).toEqual([])
    const kinds = schemas.filter(([shape]) =>
      sent.some(({ method, path }) => shape.test(`${method} ${path}`)),
    )
    expect(kinds.map(([, name]) => name)).toEqual(schemas.map(([, name]) => name))
  })

  test('the check itself sees an unknown parameter, a wrong choice and a wrong type', () => {
    const check = checker()
    const bad = (body: string, path = '/v1/prices') => check({ method: 'POST', path, body })[0]
    expect(bad('currency=usd&colour=red')).toMatch(/additional properties/)
    expect(bad('currency=usd&tiers[0][up_to]=many')).toMatch(/up_to/)
    expect(bad('product=prod_1')).toMatch(/required property 'currency'/)
    expect(bad('x=1', '/v1/unknown')).toBe('POST /v1/unknown has no schema')
  })
})
