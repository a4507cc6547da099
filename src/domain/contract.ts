import * as z from 'zod'
import { CalendarDateCodec, Decimal, MoneyCodec, WholeNumber } from './codec.ts'

/**
 * The contract is the hinge: everything upstream ends in it, everything downstream derives from it.
 * These shapes decode from JSON (database, API) and encode back to it without loss.
 */

/** A postal address; `country` is ISO 3166-1 alpha-2. */
export const Address = z.object({
  line1: z.string().optional(),
  line2: z.string().optional(),
  city: z.string().optional(),
  postalCode: z.string().optional(),
  state: z.string().optional(),
  country: z.string().regex(/^[A-Z]{2}$/),
})

/** The buyer. `crmAccountId` ties two deals of one account to one customer. */
export const CustomerTerms = z.object({
  crmAccountId: z.string(),
  name: z.string(),
  billingEmail: z.string().nullable(),
  address: Address.nullable(),
  taxIds: z.array(z.object({ type: z.string(), value: z.string() })),
})

/** Whole months from one invoice to the next, and whether the invoice comes before or after the service. */
export const BillingInterval = z.object({
  months: z.union([z.literal(1), z.literal(3), z.literal(6), z.literal(12)]),
  timing: z.enum(['advance', 'arrears']),
})

/** From `startsOn` the line costs `unitPrice` for `quantity` units. Steps are in order of their dates. */
export const RampStep = z.object({
  startsOn: CalendarDateCodec,
  unitPrice: MoneyCodec,
  quantity: WholeNumber,
})

const lineCommon = {
  lineId: z.string().regex(/^[a-z0-9-]{1,40}$/),
  product: z.object({ code: z.string(), name: z.string(), family: z.string() }),
  description: z.string().optional(),
}

const fixedLine = {
  ...lineCommon,
  unitPrice: MoneyCodec,
  listPrice: MoneyCodec.nullable(),
  quantity: WholeNumber,
  billing: BillingInterval,
  ramp: z.array(RampStep),
}

/** A flat recurring fee: `unitPrice` for each billing period, quantity one. */
export const FeeLine = z.object({ kind: z.literal('fee'), ...fixedLine })

/** Licensed seats: `unitPrice` for each seat and billing period. */
export const SeatsLine = z.object({ kind: z.literal('seats'), ...fixedLine })

/** Units up to and including `upTo` (null: without end) cost `unitPrice` each, in major units, plus `flatFee` once. */
export const Tier = z.object({
  upTo: WholeNumber.nullable(),
  unitPrice: Decimal,
  flatFee: MoneyCodec.nullable(),
})

/** A promised minimum of money or units in a period; `trueUp` says what becomes of a shortfall. */
export const Commit = z.object({
  amount: MoneyCodec,
  periodMonths: z.union([z.literal(1), z.literal(3), z.literal(12)]),
  trueUp: z.enum(['none', 'invoice-shortfall']),
})

/**
 * Metered use. `unitPrice` of a tier is for `unitSize` units: 0.004 per 1,000 tokens is
 * `{ unitSize: 1000n, tiers: [{ upTo: null, unitPrice: "0.004" }] }`. Tiers count units beyond `includedUnits`.
 */
export const UsageLine = z.object({
  kind: z.literal('usage'),
  ...lineCommon,
  meter: z.string().regex(/^[a-z0-9_.-]{1,100}$/),
  includedUnits: WholeNumber,
  unitSize: WholeNumber,
  model: z.enum(['per-unit', 'graduated', 'volume', 'package']),
  tiers: z.array(Tier).min(1),
  overageDiscountPercent: Decimal,
  commit: Commit.nullable(),
  minimum: MoneyCodec.nullable(),
  billing: BillingInterval,
})

/** Charged once, on `chargedOn`; recognized over `serviceMonths`, or at once when that is zero. */
export const OneTimeLine = z.object({
  kind: z.literal('one-time'),
  ...lineCommon,
  price: MoneyCodec,
  chargedOn: CalendarDateCodec,
  serviceMonths: z.number().int().min(0).max(120),
})

/** Money paid ahead for later use; unused money ends on `expiresOn`. */
export const PrepaidCreditsLine = z.object({
  kind: z.literal('prepaid-credits'),
  ...lineCommon,
  price: MoneyCodec,
  credits: WholeNumber,
  chargedOn: CalendarDateCodec,
  expiresOn: CalendarDateCodec.nullable(),
})

/** One thing sold. */
export const ContractLine = z.discriminatedUnion('kind', [
  FeeLine,
  SeatsLine,
  UsageLine,
  OneTimeLine,
  PrepaidCreditsLine,
])

/** A negotiated discount on lines (`lineIds`) or on all fixed lines (null). Exactly one of percent and amount. */
export const Discount = z.object({
  name: z.string(),
  percent: Decimal.nullable(),
  amount: MoneyCodec.nullable(),
  duration: z.union([
    z.object({ kind: z.literal('once') }),
    z.object({ kind: z.literal('forever') }),
    z.object({ kind: z.literal('months'), months: z.number().int().min(1).max(120) }),
  ]),
  lineIds: z.array(z.string()).nullable(),
})

/** How an invoice is collected: on terms of `daysUntilDue` days, or from a card at once. */
export const Collection = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('invoice'), daysUntilDue: z.number().int().min(0).max(365) }),
  z.object({ kind: z.literal('card') }),
])

/** All that was agreed. `endsBefore` is the first day that is no longer served. */
export const ContractTerms = z.object({
  customer: CustomerTerms,
  entity: z.string(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  signedOn: CalendarDateCodec,
  startsOn: CalendarDateCodec,
  endsBefore: CalendarDateCodec,
  renewal: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('none') }),
    z.object({
      kind: z.literal('auto'),
      months: z.number().int().min(1),
      noticeDays: z.number().int().min(0),
    }),
  ]),
  collection: Collection,
  purchaseOrder: z
    .object({
      number: z.string(),
      amount: MoneyCodec.nullable(),
      expiresOn: CalendarDateCodec.nullable(),
    })
    .nullable(),
  references: z.array(z.object({ name: z.string(), value: z.string() })).max(3),
  proration: z.enum(['next-invoice', 'invoice-now', 'none']),
  lines: z.array(ContractLine).min(1).max(500),
  discounts: z.array(Discount),
  entitlements: z.record(z.string(), z.union([z.boolean(), z.number(), z.string()])),
  provenance: z.object({
    salesRep: z.string().nullable(),
    documentUrl: z.string().nullable(),
    crmUrl: z.string().nullable(),
  }),
})

/** How revenue treats a change (ASC 606-10-25-12 and 25-13). */
export const AmendmentTreatment = z.enum(['prospective', 'cumulative-catch-up'])

export type Address = z.output<typeof Address>
export type CustomerTerms = z.output<typeof CustomerTerms>
export type BillingInterval = z.output<typeof BillingInterval>
export type RampStep = z.output<typeof RampStep>
export type FeeLine = z.output<typeof FeeLine>
export type SeatsLine = z.output<typeof SeatsLine>
export type FixedLine = FeeLine | SeatsLine
export type Tier = z.output<typeof Tier>
export type Commit = z.output<typeof Commit>
export type UsageLine = z.output<typeof UsageLine>
export type OneTimeLine = z.output<typeof OneTimeLine>
export type PrepaidCreditsLine = z.output<typeof PrepaidCreditsLine>
export type ContractLine = z.output<typeof ContractLine>
export type Discount = z.output<typeof Discount>
export type Collection = z.output<typeof Collection>
export type ContractTerms = z.output<typeof ContractTerms>
export type ContractTermsJson = z.input<typeof ContractTerms>

/** One immutable version of a contract: what was agreed, from which deal and by which mapping. */
export type ContractVersion = {
  readonly contractId: string
  readonly version: number
  readonly generation: number
  readonly dealSnapshotId: string
  readonly mappingVersionId: string
  readonly effectiveOn: string
  readonly treatment: z.output<typeof AmendmentTreatment> | null
  readonly terms: ContractTerms
}

/** Reads terms from JSON; throws ZodError when the shape is wrong. */
export function decodeTerms(json: unknown): ContractTerms {
  return z.decode(ContractTerms, json as ContractTermsJson)
}

/** Writes terms as JSON, whole numbers as strings. */
export function encodeTerms(terms: ContractTerms): ContractTermsJson {
  return z.encode(ContractTerms, terms)
}

/** Whether a line has a price known in advance for each billing period. */
export function isFixed(line: ContractLine): line is FixedLine {
  return line.kind === 'fee' || line.kind === 'seats'
}

/** Whether a line is priced by use. */
export function isUsage(line: ContractLine): line is UsageLine {
  return line.kind === 'usage'
}
