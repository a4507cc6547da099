import type { DealSnapshot, RecordFields } from '../../src/domain/deal.ts'
import type { DealRead } from '../../src/ports/crm.ts'
import { type Answer, answered, mapAnswer } from '../../src/ports/answer.ts'
import { broken } from './answers.ts'
import type { Describer } from './describe.ts'
import { decimalText, isJsonObject, type JsonObject } from './exact-json.ts'
import { type FieldChoice, fieldsOf, planRead, type ReadPlan, type SalesforceFields } from './fields.ts'
import { childRows, query, quoted, whole } from './query.ts'
import { isRecordId, widenId } from './record-id.ts'
import type { Session } from './session.ts'

export type DealReader = {
  readonly session: Session
  readonly describer: Describer
  readonly fields: SalesforceFields
  readonly organizationId: string
  /** What an organisation with a single currency sells in: it has no field that says so. */
  readonly organizationCurrency: string | null
}

/** A query travels in the address, which may have 16,384 bytes. */
const longestQuery = 15_000

/** Reads deals with account, lines and primary contact in one query. A deal that is deleted or hidden from us is `gone`. */
export async function readDeals(reader: DealReader, dealIds: readonly string[]): Promise<Answer<DealRead[]>> {
  const askable = [...new Set(dealIds.filter(isRecordId).map(widenId))]
  const found = askable.length === 0 ? answered([]) : await readOnceMore(reader, askable)
  return mapAnswer(found, (deals) => {
    const byId = new Map(deals.map((deal) => [deal.dealId, deal]))
    return dealIds.map((askedId): DealRead => {
      const deal = byId.get(widenId(askedId))
      return deal ? { kind: 'found', askedId, deal } : { kind: 'gone', askedId }
    })
  })
}

/** A field that vanished since we read the descriptions fails the whole query: then they are read anew, once. */
async function readOnceMore(reader: DealReader, ids: readonly string[]): Promise<Answer<DealSnapshot[]>> {
  const first = await readDescribed(reader, ids)
  const outdated = first.kind === 'rejected' && /^INVALID_(FIELD|TYPE)/.test(first.code)
  if (!outdated) return first
  reader.describer.forget()
  return readDescribed(reader, ids)
}

async function readDescribed(reader: DealReader, ids: readonly string[]): Promise<Answer<DealSnapshot[]>> {
  const plan = await planRead(reader.describer, reader.fields)
  return plan.kind === 'ok' ? readPlanned(reader, plan.value, ids) : plan
}

async function readPlanned(
  reader: DealReader,
  plan: ReadPlan,
  ids: readonly string[],
): Promise<Answer<DealSnapshot[]>> {
  const soql = soqlFor(plan, ids)
  if (encodeURIComponent(soql).length > longestQuery && ids.length > 1) {
    const middle = Math.ceil(ids.length / 2)
    const left = await readPlanned(reader, plan, ids.slice(0, middle))
    if (left.kind !== 'ok') return left
    const right = await readPlanned(reader, plan, ids.slice(middle))
    return mapAnswer(right, (deals) => [...left.value, ...deals])
  }
  const rows = whole(await query(reader.session, soql))
  if (rows.kind !== 'ok') return rows
  const deals: DealSnapshot[] = []
  for (const row of rows.value) {
    const deal = await snapshotFrom(reader, plan, row)
    if (deal.kind !== 'ok') return deal
    deals.push(deal.value)
  }
  return answered(deals)
}

function soqlFor(plan: ReadPlan, ids: readonly string[]): string {
  const columns = [
    ...new Set(['Id', 'SystemModstamp', ...plan.opportunity.readable]),
    ...(plan.hasCurrency ? ['CurrencyIsoCode'] : []),
    ...plan.account.readable.map((path) => `Account.${path}`),
  ]
  if (plan.line.readable.length > 0) columns.push(`(${linesQuery(plan)})`)
  if (plan.contact.readable.length > 0) columns.push(`(${contactQuery(plan.contact)})`)
  return `SELECT ${columns.join(', ')} FROM Opportunity WHERE Id IN (${ids.map(quoted).join(', ')})`
}

function linesQuery({ line, ordersLines }: ReadPlan): string {
  const order = ordersLines ? 'SortOrder NULLS LAST, Id' : 'Id'
  return `SELECT ${line.readable.join(', ')} FROM OpportunityLineItems ORDER BY ${order}`
}

function contactQuery(contact: FieldChoice): string {
  const columns = contact.readable.map((path) => `Contact.${path}`)
  return `SELECT ${columns.join(', ')} FROM OpportunityContactRoles WHERE IsPrimary = true LIMIT 1`
}

async function snapshotFrom(
  reader: DealReader,
  plan: ReadPlan,
  row: JsonObject,
): Promise<Answer<DealSnapshot>> {
  const lines = whole(await childRows(reader.session, row['OpportunityLineItems']))
  if (lines.kind !== 'ok') return lines
  const roles = whole(await childRows(reader.session, row['OpportunityContactRoles']))
  if (roles.kind !== 'ok') return roles
  const head = headFrom(reader, plan, row)
  if (head === null) return broken('A deal came without id or stamp of change')
  return answered({
    ...head,
    fields: {
      deal: fieldsOf(row, plan.opportunity),
      account: partFrom(row['Account'], plan.account),
      contact: partFrom(roles.value[0]?.['Contact'], plan.contact),
      lines: linesFrom(lines.value, plan.line),
    },
  })
}

function headFrom(reader: DealReader, plan: ReadPlan, row: JsonObject): Omit<DealSnapshot, 'fields'> | null {
  const { Id: id, SystemModstamp: stamp } = row
  if (typeof id !== 'string' || typeof stamp !== 'string') return null
  const currency = plan.hasCurrency ? row['CurrencyIsoCode'] : reader.organizationCurrency
  return {
    crm: 'salesforce',
    org: reader.organizationId,
    dealId: widenId(id),
    name: textOr(row['Name'], ''),
    isClosedWon: row['IsWon'] === true,
    closedOn: textOr(row['CloseDate'], null),
    amount: decimalText(row['Amount']),
    currency: textOr(currency, null),
    modifiedAt: new Date(Date.parse(stamp)).toISOString(),
    url: `${reader.session.instanceUrl()}/${widenId(id)}`,
  }
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise
}

/** A related record: none is null, but one we may read nothing of is a record of unreadable fields. */
function partFrom(record: unknown, choice: FieldChoice): RecordFields | null {
  if (choice.readable.length === 0) return fieldsOf(null, choice)
  return isJsonObject(record as JsonObject) ? fieldsOf(record as JsonObject, choice) : null
}

/** When lines are hidden from us altogether, one line of unreadable fields says so; no lines would say the deal has none. */
function linesFrom(rows: readonly JsonObject[], choice: FieldChoice): RecordFields[] {
  if (choice.readable.length === 0) return [fieldsOf(null, choice)]
  return rows.map((row) => fieldsOf(row, choice))
}
