import { Ajv } from 'ajv'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type * as z from 'zod'
import * as catalogue from '../../connectors/stripe/fake/params-catalogue.ts'
import * as customer from '../../connectors/stripe/fake/params-customer.ts'
import * as invoice from '../../connectors/stripe/fake/params-invoice.ts'
import * as money from '../../connectors/stripe/fake/params-money.ts'
import * as subscription from '../../connectors/stripe/fake/params-subscription.ts'
import { liveALittle } from './stripe-fake-life.ts'

const folder = join(process.env['SPECS_DIR'] ?? '../shared/specs', 'stripe/json-schema')
const absent = !existsSync(folder)
if (absent) console.log(`No Stripe schemas in ${folder}: the twin is not compared with them`)

/** Examples of objects; for some kinds they tell more than the schema. */
function fixtures(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const text = readFileSync(join(folder, '../fixtures3.json'), 'utf8')
  return (JSON.parse(text) as { resources: Record<string, Record<string, unknown>> }).resources
}

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
}

function definitionsOf(file: string): Readonly<Record<string, Schema>> {
  const text = readFileSync(join(folder, `${file}.json`), 'utf8')
  return (JSON.parse(text) as { definitions: Record<string, Schema> }).definitions
}

const ours = {
  CustomerCreateParams: customer.customerCreate,
  CustomerUpdateParams: customer.customerUpdate,
  TaxIdCreateParams: customer.taxIdCreate,
  TestClockCreateParams: customer.testClockCreate,
  WebhookEndpointCreateParams: customer.webhookEndpointCreate,
  ProductCreateParams: catalogue.productCreate,
  PriceCreateParams: catalogue.priceCreate,
  CouponCreateParams: catalogue.couponCreate,
  MeterCreateParams: catalogue.meterCreate,
  MeterEventCreateParams: catalogue.meterEventCreate,
  SubscriptionCreateParams: subscription.subscriptionCreate,
  SubscriptionUpdateParams: subscription.subscriptionUpdate,
  SubscriptionScheduleCreateParams: subscription.scheduleCreate,
  SubscriptionScheduleUpdateParams: subscription.scheduleUpdate,
  InvoiceCreateParams: invoice.invoiceCreate,
  InvoiceUpdateParams: invoice.invoiceUpdate,
  InvoiceCreatePreviewParams: invoice.invoicePreview,
  InvoiceItemCreateParams: invoice.invoiceItemCreate,
  CreditNoteCreateParams: money.creditNoteCreate,
} satisfies Record<string, z.ZodType>

type Definition = {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly innerType?: z.ZodType
  readonly element?: z.ZodType
  readonly options?: readonly z.ZodType[]
}

/** The names a list of ours knows, with a dotted path for each group inside a group. */
function namesOf(type: z.ZodType, path = ''): string[] {
  const definition = type.def as Definition
  if (definition.type === 'object')
    return Object.entries(definition.shape ?? {}).flatMap(([name, inner]) => [
      path + name,
      ...namesOf(inner, `${path}${name}.`),
    ])
  const inside = [definition.innerType, definition.element, ...(definition.options ?? [])]
  return inside.flatMap((inner) => (inner === undefined ? [] : namesOf(inner, path)))
}

/** The same for a list of Stripe's. */
function schemaNames(schema: Schema, path = ''): string[] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [
    path + name,
    ...schemaNames(inner, `${path}${name}.`),
  ])
  const inside = [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]
  return [...named, ...inside.flatMap((inner) => schemaNames(inner, path))]
}

test.skipIf(absent).each(Object.entries(ours))(
  'the twin knows each parameter of %s by name, and no other',
  (name, type) => {
    const known = new Set(namesOf(type))
    const groups = new Set([...known].map((path) => path.split('.').slice(0, -1).join('.')))
    // A group the twin does not model is refused as a whole: what lies inside it needs no names.
    const stripes = new Set(
      schemaNames(definitionsOf('params')[name] ?? {}).filter(
        (path) => path !== 'expand' && groups.has(path.split('.').slice(0, -1).join('.')),
      ),
    )
    expect(stripes.size).toBeGreaterThan(0)
    expect([...known].filter((path) => !stripes.has(path))).toEqual([])
    expect([...stripes].filter((path) => !known.has(path))).toEqual([])
  },
)

test.skipIf(absent)('every object the twin shows in answers and events fits Stripe’s schema', async () => {
  const definitions = definitionsOf('resources')
  const ajv = new Ajv({ strict: false, allErrors: true })
  ajv.addFormat('decimal', /^-?\d+(\.\d{1,12})?$/)
  ajv.addSchema({ definitions }, 'resources')
  const examples = fixtures()
  const { objects } = await liveALittle()
  const faults: string[] = []
  const kinds = new Map<string, number>()
  for (const object of objects) {
    const kind = String(object['object'])
    if (definitions[kind] === undefined || object['deleted'] === true) continue
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    const known = { ...definitions[kind].properties, ...examples[kind] }
    for (const name of Object.keys(object)) if (!(name in known)) faults.push(`${kind} has no ${name}`)
    const validate = ajv.getSchema(`resources#/definitions/${kind}`)
    if (validate?.(object) === true) continue
    const [first] = validate?.errors ?? []
    faults.push(`${kind}${first?.instancePath} ${first?.message} ${JSON.stringify(first?.params)}`)
  }
  expect([...new Set(faults)]).toEqual([])
  expect([...kinds.keys()].sort()).toEqual([
    'balance_transaction',
    'billing.meter',
    'billing.meter_event',
    'billing.meter_event_adjustment',
    'billing.meter_event_summary',
    'charge',
    'coupon',
    'credit_note',
    'credit_note_line_item',
    'customer',
    'customer_balance_transaction',
    'discount',
    'dispute',
    'invoice',
    'invoice_payment',
    'invoiceitem',
    'line_item',
    'payment_intent',
    'payment_method',
    'payout',
    'plan',
    'price',
    'product',
    'promotion_code',
    'refund',
    'subscription',
    'subscription_item',
    'subscription_schedule',
    'tax.settings',
    'tax_id',
    'tax_rate',
    'test_helpers.test_clock',
    'webhook_endpoint',
  ])
})
