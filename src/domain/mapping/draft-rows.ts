import type { RecordFields } from '../deal.ts'
import type { Currency } from '../money.ts'
import type { Finding } from '../sentence.ts'
import type { Converted } from './convert.ts'
import type { LookupEntry, Mapping, Row } from './language.ts'
import { resolveRow } from './resolve.ts'
import { wideSalesforceId } from './salesforce-id.ts'
import type { Origin } from './source.ts'

/** What rows came to: values by target, and everything found. `faulty` has the targets without a sound value. */
export type RowValues = {
  readonly values: Map<string, Converted | LookupEntry>
  readonly faulty: Set<string>
  readonly issues: Finding[]
  readonly warnings: Finding[]
}

/** Faults of the mapping or the connection rather than of one record: they count for every row, whatever it is for. */
const mappingFaults = new Set(['MAPPING_PATH', 'CRM_FIELD_UNREADABLE'])

/** Works rows out. Rows `concerns` leaves out are only asked whether their fields exist. */
export function resolveRows(
  rows: readonly Row[],
  origin: Origin,
  setting: { mapping: Mapping; currency: Currency | null; concerns: (row: Row) => boolean },
): RowValues {
  const worked: RowValues = { values: new Map(), faulty: new Set(), issues: [], warnings: [] }
  for (const row of rows) {
    const resolved = resolveRow(row, origin, setting.mapping, setting.currency)
    const counts = setting.concerns(row)
    const issues = resolved.issues.filter(({ code }) => counts || mappingFaults.has(code))
    worked.issues.push(...issues)
    if (issues.length > 0) worked.faulty.add(row.target.path)
    if (!counts) continue
    worked.warnings.push(...resolved.warnings)
    worked.values.set(row.target.path, widened(resolved.value, row, setting.mapping))
  }
  return worked
}

/** Salesforce gives the same record ids of 15 and of 18 characters; we keep the long ones. */
function widened(value: Converted | LookupEntry, row: Row, mapping: Mapping): Converted | LookupEntry {
  const isId = row.target.path === 'customer.crmAccountId' || row.target.path === 'lineId'
  return isId && mapping.source === 'salesforce' && typeof value === 'string'
    ? wideSalesforceId(value)
    : value
}

/** Says which line a finding is about, when the deal has several; equal findings still share their cause. */
export function atLine(finding: Finding, position: number, lines: readonly RecordFields[]): Finding {
  if (lines.length < 2) return finding
  return { ...finding, place: `line ${position}` }
}
