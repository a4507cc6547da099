import { existsSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'

/** A folder of CRM opportunities, and what a run over it must come to. */
export type DealsInput = {
  readonly folder: string
  readonly won: number
  /** The sum of the won deals, a decimal string. */
  readonly value: string
  /** Days from the first deal won to the last. */
  readonly days: number
}

const files = ['accounts.csv', 'products.csv', 'sales_teams.csv', 'sales_pipeline.csv'] as const
const pipeline = 'sales_pipeline.csv'

type Opportunity = { readonly raw: string; readonly record: Readonly<Record<string, string>> }

/** Where the opportunities are: OPPORTUNITIES_DIR, or beside the checkout. Null when they are not there. */
export function opportunitiesFolder(): string | null {
  const folder = process.env['OPPORTUNITIES_DIR'] ?? join('..', 'shared', 'data', 'crm-opportunities')
  return files.every((name) => existsSync(join(folder, name))) ? folder : null
}

/** The input for a run over the first `days` days of deals won, or over all; a shortened copy goes to `target`. */
export async function dealsInput(folder: string, target: string, days: number | null): Promise<DealsInput> {
  const text = await readFile(join(folder, pipeline), 'utf8')
  const all = parse(text, { columns: true, raw: true, skip_empty_lines: true }) as unknown as Opportunity[]
  const won = all.filter(isWon)
  const first = Math.min(...won.map(closeDay))
  const within = (opportunity: Opportunity) => days === null || closeDay(opportunity) < first + days
  const kept = won.filter(within)
  if (days !== null) {
    for (const name of files) await copyFile(join(folder, name), join(target, name))
    const rows = all.filter((opportunity) => !isWon(opportunity) || within(opportunity))
    const heading = text.slice(0, text.indexOf('\n') + 1)
    await writeFile(join(target, pipeline), heading + rows.map(({ raw }) => raw).join(''))
  }
  return {
    folder: days === null ? folder : target,
    won: kept.length,
    value: `${kept.reduce((total, { record }) => total + BigInt(record['close_value'] ?? '0'), 0n)}.00`,
    days: Math.max(...kept.map(closeDay)) - first + 1,
  }
}

function isWon({ record }: Opportunity): boolean {
  return record['deal_stage'] === 'Won'
}

/** The number of the day on which it closed; the file writes `3/11/2017` for 11 March 2017. */
function closeDay({ record }: Opportunity): number {
  const [month = '', day = '', year = ''] = (record['close_date'] ?? '').split('/')
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000
}
