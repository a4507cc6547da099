import type { IssueCode } from '../issue.ts'
import type { ContractLine } from '../contract.ts'
import type { TextLimit } from '../contract-check/values.ts'

/** What a target takes. A value that does not fit is an issue, never cut or rounded to fit. */
export type TargetType =
  | { readonly kind: 'text'; readonly limit: TextLimit }
  | { readonly kind: 'email' | 'country' | 'currency' | 'money' | 'decimal' | 'percent' | 'date' | 'flag' }
  | { readonly kind: 'whole'; readonly code: IssueCode }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'collection' | 'renewal' }

/** A place in the contract a row can fill. */
export type Target = { readonly path: string; readonly type: TargetType; readonly required: boolean }

export type LineKind = ContractLine['kind']

export const lineKinds: readonly LineKind[] = ['fee', 'seats', 'usage', 'one-time', 'prepaid-credits']

const text = (characters: number): TargetType => ({ kind: 'text', limit: { characters } })
const longText: TargetType = { kind: 'text', limit: { characters: 5_000, lines: 'many' } }
const choice = (...choices: string[]): TargetType => ({ kind: 'choice', choices })
const whole = (code: IssueCode): TargetType => ({ kind: 'whole', code })
const of = (
  kind: 'email' | 'country' | 'currency' | 'money' | 'decimal' | 'percent' | 'date',
): TargetType => ({
  kind,
})

const purchaseOrderNumber: TargetType = {
  kind: 'text',
  limit: { characters: 140, tooLong: 'PO_TOO_LONG' },
}

/** The targets of `terms`; a star marks those a contract cannot be without. */
const termsTargets: Readonly<Record<string, TargetType>> = {
  'customer.crmAccountId*': text(255),
  'customer.name*': text(255),
  'customer.billingEmail': of('email'),
  'customer.address.line1': text(500),
  'customer.address.line2': text(500),
  'customer.address.city': text(255),
  'customer.address.postalCode': text(20),
  'customer.address.state': text(255),
  'customer.address.country': of('country'),
  'customer.taxId': text(40),
  'entity*': text(100),
  'currency*': of('currency'),
  'signedOn*': of('date'),
  'startsOn*': of('date'),
  endsBefore: of('date'),
  endsOn: of('date'),
  months: whole('TERM'),
  'renewal*': { kind: 'renewal' },
  'collection*': { kind: 'collection' },
  'purchaseOrder.number': purchaseOrderNumber,
  'purchaseOrder.amount': of('money'),
  'purchaseOrder.expiresOn': of('date'),
  'proration*': choice('next-invoice', 'invoice-now', 'none'),
  'discount.name': text(40),
  'discount.percent': of('percent'),
  'discount.amount': of('money'),
  'discount.duration': choice('once', 'months', 'forever'),
  'discount.months': whole('TERM'),
  'provenance.salesRep': text(255),
  'provenance.documentUrl': text(2_000),
  'provenance.crmUrl': text(2_000),
}

/** The targets of a line; which are needed depends on the kind of the line. */
const lineTargets: Readonly<Record<string, TargetType>> = {
  'kind*': choice(...lineKinds),
  lineId: text(40),
  'product.code*': text(255),
  'product.name*': text(255),
  'product.family*': text(255),
  description: longText,
  currency: of('currency'),
  unitPrice: of('money'),
  listPrice: of('money'),
  quantity: whole('QUANTITY'),
  price: of('money'),
  'billing.months': choice('1', '3', '6', '12'),
  'billing.timing': choice('advance', 'arrears'),
  discountPercent: of('percent'),
  meter: text(100),
  includedUnits: whole('QUANTITY'),
  unitSize: whole('QUANTITY'),
  model: choice('per-unit', 'graduated', 'volume', 'package'),
  overagePrice: of('decimal'),
  overageDiscountPercent: of('percent'),
  'commit.amount': of('money'),
  'commit.periodMonths': choice('1', '3', '12'),
  'commit.trueUp': choice('none', 'invoice-shortfall'),
  minimum: of('money'),
  chargedOn: of('date'),
  serviceMonths: whole('TERM'),
  credits: whole('QUANTITY'),
  expiresOn: of('date'),
}

/** The targets of a ramp step or a tier, counted from one: `ramp.1.startsOn`, `tiers.2.unitPrice`. */
const stepTargets: Readonly<Record<string, TargetType>> = {
  'ramp.startsOn': of('date'),
  'ramp.unitPrice': of('money'),
  'ramp.quantity': whole('QUANTITY'),
  'tiers.upTo': whole('QUANTITY'),
  'tiers.unitPrice': of('decimal'),
  'tiers.flatFee': of('money'),
}

/** The rows each kind of line cannot be without; a group in brackets means one of them. */
export const neededByKind: Readonly<Record<LineKind, readonly (readonly string[])[]>> = {
  fee: [['unitPrice'], ['billing.months'], ['billing.timing']],
  seats: [['unitPrice'], ['quantity'], ['billing.months'], ['billing.timing']],
  usage: [['meter'], ['unitSize'], ['overagePrice', 'tiers.1.unitPrice'], ['billing.months']],
  'one-time': [['price', 'unitPrice'], ['serviceMonths']],
  'prepaid-credits': [['price', 'unitPrice'], ['credits']],
}

const onEveryLine = ['kind', 'lineId', 'product', 'description', 'currency']
const onFixedLines = ['unitPrice', 'listPrice', 'quantity', 'billing', 'discountPercent', 'ramp']
const onUsageLines = [
  'meter',
  'includedUnits',
  'unitSize',
  'model',
  'overagePrice',
  'overageDiscountPercent',
  'commit',
  'minimum',
  'tiers',
  // Use is counted before it is billed: a timing is for lines with a price known in advance.
  'billing.months',
]
const onChargedLines = ['unitPrice', 'quantity', 'price', 'chargedOn', 'discountPercent']

const groupsByKind: Readonly<Record<LineKind, readonly string[]>> = {
  fee: onFixedLines,
  seats: onFixedLines,
  usage: onUsageLines,
  'one-time': [...onChargedLines, 'serviceMonths'],
  'prepaid-credits': [...onChargedLines, 'credits', 'expiresOn'],
}

/** Whether a line of a kind has a target: what is written for another kind does not concern it. */
export function concerns(path: string, kind: LineKind | null): boolean {
  const [group = ''] = path.split('.')
  if (onEveryLine.includes(group)) return true
  const ofKind = kind === null ? [] : groupsByKind[kind]
  return ofKind.includes(group) || ofKind.includes(path)
}

/** The paths a contract cannot be without, each a group of which one is enough. */
export const neededTerms: readonly (readonly string[])[] = [
  ...requiredPaths(termsTargets).map((path) => [path]),
  ['months', 'endsBefore', 'endsOn'],
]

/** The paths every kind of line needs. */
export const neededOnLines: readonly (readonly string[])[] = requiredPaths(lineTargets).map((path) => [path])

const maximumSteps = 24

/** Finds the target of a path in `terms`, or says why there is none. */
export function termsTarget(path: string): Target | string {
  const reserved = reservedReason(path)
  if (reserved !== null) return reserved
  const named = /^(references|entitlements)\.(.+)$/u.exec(path)
  if (named === null) return fixedTarget(termsTargets, path)
  const [, group, name = ''] = named
  if (group === 'entitlements') return { path, type: { kind: 'flag' }, required: false }
  if ([...name].length > 40) return 'the name of a reference has at most 40 characters, as on an invoice'
  return { path, type: text(140), required: false }
}

/** Finds the target of a path in a block of lines, or says why there is none. */
export function lineTarget(path: string): Target | string {
  const reserved = reservedReason(path)
  if (reserved !== null) return reserved
  const step = /^(ramp|tiers)\.([1-9]\d?)\.(\w+)$/.exec(path)
  if (step === null) return fixedTarget(lineTargets, path)
  const type = stepTargets[`${step[1]}.${step[3]}`]
  if (type === undefined || (step[2]?.length ?? 0) > 2 || BigInt(step[2] ?? '0') > BigInt(maximumSteps))
    return `there is no target '${path}'`
  return { path, type, required: false }
}

function fixedTarget(targets: Readonly<Record<string, TargetType>>, path: string): Target | string {
  const needed = Object.hasOwn(targets, `${path}*`)
  const type = needed ? targets[`${path}*`] : Object.hasOwn(targets, path) ? targets[path] : undefined
  if (type === undefined || path.endsWith('*')) return `there is no target '${path}'`
  return { path, type, required: needed }
}

function requiredPaths(targets: Readonly<Record<string, TargetType>>): string[] {
  return Object.keys(targets)
    .filter((path) => path.endsWith('*'))
    .map((path) => path.slice(0, -1))
}

function reservedReason(path: string): string | null {
  if (!/(^|\.)(metadata|tieout\w*|contractId)(\.|$)/i.test(path)) return null
  return `'${path}' is reserved: Tieout writes its own metadata`
}
