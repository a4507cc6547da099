import type { CalendarDate } from '../calendar.ts'
import type { ContractLine, Discount } from '../contract.ts'
import type { DealSnapshot } from '../deal.ts'
import type { Currency } from '../money.ts'
import type { Finding } from '../sentence.ts'
import { assembleLine, assembleLineDiscount } from './assemble-lines.ts'
import { atLine, resolveRows, type RowValues } from './draft-rows.ts'
import { testExpression } from './draft-test.ts'
import { Filled } from './filled.ts'
import type { LineBlock, Mapping, Row } from './language.ts'
import { fieldOf } from './resolve.ts'
import type { Origin } from './source.ts'
import { type LineKind, concerns, lineKinds, neededByKind } from './targets.ts'

/** The lines of a deal and what was found while making them. */
export type DraftedLines = {
  readonly lines: ContractLine[]
  readonly discounts: Discount[]
  /** For each line the CRM fields its targets come from. */
  readonly fields: ReadonlyMap<string, string>[]
  readonly issues: Finding[]
  readonly warnings: Finding[]
}

export type LinesSetting = {
  readonly mapping: Mapping
  readonly currency: Currency
  readonly startsOn: CalendarDate
}

/** Makes the lines of every block, in order of the blocks for each deal line, then those made once for the deal. */
export function draftLines(deal: DealSnapshot, setting: LinesSetting): DraftedLines {
  const drafted: DraftedLines = { lines: [], discounts: [], fields: [], issues: [], warnings: [] }
  const records = deal.fields.lines
  const blocks = Map.groupBy(setting.mapping.lines, ({ each }) => each)
  records.forEach((line, index) => {
    for (const block of blocks.get('line') ?? [])
      draftLine(block, { deal, line }, index + 1, setting, drafted)
  })
  for (const block of blocks.get('deal') ?? []) draftLine(block, { deal, line: null }, 0, setting, drafted)
  if (drafted.lines.length === 0 && drafted.issues.length === 0)
    drafted.issues.push({ code: 'INCOMPLETE', field: 'lines', label: 'the list of line items', found: null })
  return drafted
}

function draftLine(
  block: LineBlock,
  origin: Origin,
  recordPosition: number,
  setting: LinesSetting,
  drafted: DraftedLines,
): void {
  const records = origin.line === null ? [] : origin.deal.fields.lines
  const place = (finding: Finding) => atLine(finding, recordPosition, records)
  const wanted = block.when === null ? { answer: true } : testExpression(block.when, origin, 'lines.when')
  if ('finding' in wanted) drafted.issues.push(place(wanted.finding))
  if ('finding' in wanted || !wanted.answer) return
  const kind = kindOf(block, origin, setting)
  const worked = resolveRows(block.rows, origin, {
    ...setting,
    concerns: (row) => concerns(row.target.path, kind),
  })
  const findings = [
    ...worked.issues,
    ...gaps(block.rows, worked, kind),
    ...currencyFindings(block.rows, worked, setting),
  ]
  drafted.issues.push(...findings.map(place))
  drafted.warnings.push(...worked.warnings.map(place))
  const filled = new Filled(worked.values, setting.currency)
  const position = drafted.lines.length + 1
  const line = assembleLine(kind ?? 'fee', filled, { position, startsOn: setting.startsOn })
  drafted.lines.push(line)
  if (line.kind !== 'usage') drafted.discounts.push(...assembleLineDiscount(filled, line.lineId))
  drafted.fields.push(new Map(block.rows.map((row) => [row.target.path, fieldOf(row)])))
}

function kindOf(block: LineBlock, origin: Origin, setting: LinesSetting): LineKind | null {
  const row = block.rows.find(({ target }) => target.path === 'kind')
  if (row === undefined) return null
  const worked = resolveRows([row], origin, { ...setting, concerns: () => true })
  return lineKinds.find((known) => known === worked.values.get('kind')) ?? null
}

/** What a line of this kind needs and the CRM left empty. */
function gaps(rows: readonly Row[], worked: RowValues, kind: LineKind | null): Finding[] {
  const needed = kind === null ? [] : neededByKind[kind]
  return needed.flatMap((group) => {
    if (group.some((path) => worked.values.get(path) != null || worked.faulty.has(path))) return []
    const row = rows.find(({ target }) => group.includes(target.path))
    if (row === undefined) return []
    return [
      {
        code: 'INCOMPLETE' as const,
        field: fieldOf(row),
        found: null,
        ...(row.label === null ? {} : { label: row.label }),
      },
    ]
  })
}

function currencyFindings(rows: readonly Row[], worked: RowValues, setting: LinesSetting): Finding[] {
  const own = worked.values.get('currency')
  if (typeof own !== 'string' || own === setting.currency) return []
  const row = rows.find(({ target }) => target.path === 'currency')
  return [
    {
      code: 'CURRENCY_MISMATCH',
      field: row === undefined ? 'currency' : fieldOf(row),
      found: own,
      details: { currency: setting.currency },
    },
  ]
}
