import type { RecordFields } from '../../src/domain/deal.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Crm, DealRead } from '../../src/ports/crm.ts'
import type { Account } from './account.ts'
import type { Connection } from './connection.ts'
import type { WantedProperties } from './deal-fields.ts'
import { dealSnapshot, fieldsOf } from './deal-snapshot.ts'
import type { KnownProperties, RecordKind } from './known-properties.ts'
import type { AssociatesByDeal } from './read-associations.ts'
import { contactOf, primaryOf, readAssociates } from './read-associations.ts'
import type { RecordsById, RecordValues, ResolvedDeals } from './read-records.ts'
import { readDealsByAnyId, readRecords } from './read-records.ts'
import type { WonJudge } from './stages.ts'

export type ReadOptions = {
  readonly connection: Connection
  readonly account: () => Promise<Answer<Account>>
  readonly judge: WonJudge
  readonly known: KnownProperties
  readonly wanted: WantedProperties
  /** The label of the association with the contact that invoices go to. */
  readonly contactLabel: string
}

/** Reads whole deals: the `readDeals` of the port. */
export function dealReader(options: ReadOptions): Crm['readDeals'] {
  return async (askedIds) => {
    const account = await options.account()
    if (account.kind !== 'ok') return account
    const first = await readOnce(options, account.value, askedIds)
    if (first.kind !== 'ok' || first.value.torn.length === 0) return readsOf(first)
    // Somebody removed a line or an account between two of our reads: once more, so that the deal and its lines are of one moment.
    const second = await readOnce(options, account.value, first.value.torn)
    if (second.kind !== 'ok') return second
    const again = new Map(second.value.reads.map((read) => [read.askedId, read]))
    return answered(first.value.reads.map((read) => again.get(read.askedId) ?? read))
  }
}

/** `torn`: ids asked for whose deal names an associate that could not be read. */
type Reading = { readonly reads: DealRead[]; readonly torn: readonly string[] }

function readsOf(reading: Answer<Reading>): Answer<DealRead[]> {
  return reading.kind === 'ok' ? answered(reading.value.reads) : reading
}

async function readOnce(
  options: ReadOptions,
  account: Account,
  askedIds: readonly string[],
): Promise<Answer<Reading>> {
  const known = await readKnown(options)
  if (known.kind !== 'ok') return known
  const names = [...options.wanted.deals, 'hs_lastmodifieddate', 'hs_merged_object_ids']
  const deals = await readDealsByAnyId(options.connection, askedIds, names)
  if (deals.kind !== 'ok') return deals
  const surroundings = await readSurroundings(options, deals.value)
  if (surroundings.kind !== 'ok') return surroundings
  const won = await readWon(options, deals.value)
  if (won.kind !== 'ok') return won
  return answered(
    assembled({ options, account, known: known.value, won: won.value, ...surroundings.value }, deals.value),
  )
}

type Known = Readonly<Record<RecordKind, ReadonlySet<string>>>

const kinds = ['deals', 'companies', 'contacts', 'line_items'] as const

async function readKnown(options: ReadOptions): Promise<Answer<Known>> {
  const known: Partial<Record<RecordKind, ReadonlySet<string>>> = {}
  for (const kind of kinds) {
    const names = await options.known(kind, options.wanted[kind])
    if (names.kind !== 'ok') return names
    known[kind] = names.value
  }
  return answered(known as Known)
}

async function readWon(
  options: ReadOptions,
  deals: ResolvedDeals,
): Promise<Answer<ReadonlyMap<string, boolean>>> {
  const found = [...deals.values()].filter((deal) => deal !== null)
  const stages = found.map(({ values }) => ({
    pipeline: values['pipeline'] ?? null,
    dealstage: values['dealstage'] ?? null,
    hs_is_closed_won: values['hs_is_closed_won'] ?? null,
  }))
  const won = await options.judge(stages)
  if (won.kind !== 'ok') return won
  return answered(new Map(found.map(({ dealId }, index) => [dealId, won.value[index] === true])))
}

type Around = { readonly associates: AssociatesByDeal; readonly records: RecordsById }

/** Companies, contacts and lines of the deals, and who belongs to whom. */
type Surroundings = Readonly<Record<Exclude<RecordKind, 'deals'>, Around>>

async function readSurroundings(options: ReadOptions, deals: ResolvedDeals): Promise<Answer<Surroundings>> {
  // Associations are asked for under the id that answered: under a merged one they are empty.
  const dealIds = [...deals.values()].flatMap((deal) => deal?.dealId ?? [])
  const companies = await readAround(options, dealIds, 'companies')
  if (companies.kind !== 'ok') return companies
  const contacts = await readAround(options, dealIds, 'contacts')
  if (contacts.kind !== 'ok') return contacts
  const lines = await readAround(options, dealIds, 'line_items')
  if (lines.kind !== 'ok') return lines
  return answered({ companies: companies.value, contacts: contacts.value, line_items: lines.value })
}

async function readAround(
  options: ReadOptions,
  dealIds: readonly string[],
  kind: Exclude<RecordKind, 'deals'>,
): Promise<Answer<Around>> {
  const associates = await readAssociates(options.connection, dealIds, kind)
  if (associates.kind !== 'ok') return associates
  const ids = [...associates.value.values()].flat().map(({ id }) => id)
  const records = await readRecords(options.connection, kind, ids, options.wanted[kind])
  if (records.kind !== 'ok') return records
  return answered({ associates: associates.value, records: records.value })
}

type Assembly = Surroundings & {
  readonly options: ReadOptions
  readonly account: Account
  readonly known: Known
  readonly won: ReadonlyMap<string, boolean>
}

function assembled(assembly: Assembly, deals: ResolvedDeals): Reading {
  const torn: string[] = []
  const reads = [...deals].map(([askedId, deal]): DealRead => {
    if (deal === null) return { kind: 'gone', askedId }
    const chosen = chosenOf(assembly, deal.dealId)
    if (chosen.some(({ kind, id }) => !assembly[kind].records.has(id))) torn.push(askedId)
    const formerIds = deal.values['hs_merged_object_ids']?.split(';').filter((id) => id !== '') ?? []
    return { kind: 'found', askedId, deal: snapshotOf(assembly, deal, chosen), formerIds }
  })
  return { reads, torn }
}

type Chosen = { readonly kind: Exclude<RecordKind, 'deals'>; readonly id: string }

/** Which associates go into the snapshot. */
function chosenOf({ options, ...around }: Assembly, dealId: string): Chosen[] {
  const associatesOf = (kind: Chosen['kind']) => around[kind].associates.get(dealId) ?? []
  const company = primaryOf(associatesOf('companies'))
  const contact = contactOf(associatesOf('contacts'), options.contactLabel)
  return [
    ...(company === null ? [] : [{ kind: 'companies' as const, id: company }]),
    ...(contact === null ? [] : [{ kind: 'contacts' as const, id: contact }]),
    ...associatesOf('line_items').map(({ id }) => ({ kind: 'line_items' as const, id })),
  ]
}

function snapshotOf(
  assembly: Assembly,
  deal: { readonly dealId: string; readonly values: RecordValues },
  chosen: readonly Chosen[],
) {
  const { options, known } = assembly
  // A line that is named but cannot be read stays in, all unreadable: left out, its revenue would be lost without a word.
  const fieldsAt = (kind: Chosen['kind']): RecordFields[] =>
    chosen
      .filter((each) => each.kind === kind)
      .map(({ id }) => fieldsOf(assembly[kind].records.get(id), options.wanted[kind], known[kind]))
  return dealSnapshot(assembly.account, {
    dealId: deal.dealId,
    isClosedWon: assembly.won.get(deal.dealId) === true,
    values: deal.values,
    deal: fieldsOf(deal.values, options.wanted.deals, known.deals),
    account: fieldsAt('companies')[0] ?? null,
    contact: fieldsAt('contacts')[0] ?? null,
    lines: fieldsAt('line_items'),
  })
}
