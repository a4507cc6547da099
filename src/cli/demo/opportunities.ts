import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import type { CalendarDate } from '../../domain/calendar.ts'
import { addDays, addMonths, firstDayOf, monthOf } from '../../domain/calendar.ts'
import { addRow } from './story.ts'
import type { Tell } from './story.ts'
import type { World } from './world.ts'

type Row = Readonly<Record<string, string>>

/** An opportunity that is to be won, by the day it closes. */
type Closing = { readonly id: string; readonly closesOn: CalendarDate }

/** Once no more deals close, these days of a month are worth stopping at: months close on the 3rd, and customers pay three times a month. */
const quietDays = ['-03', '-13', '-23']

/** The files of a folder of opportunities. */
export const opportunityFiles = ['accounts.csv', 'products.csv', 'sales_pipeline.csv'] as const

/**
 * Plays a folder of CRM opportunities: loads accounts, products and opportunities into the Salesforce fake, closes every one that is `Won`
 * on its own day, lets invoices, payments and month ends follow, and goes on until the last service month has closed.
 */
export async function playOpportunities(
  world: World,
  folder: string,
  fixes: boolean,
  tell: Tell,
): Promise<void> {
  const closings = await load(world, folder, tell)
  const byDay = Map.groupBy(closings, ({ closesOn }) => closesOn)
  const days = [...byDay.keys()].sort()
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) throw new Error(`No opportunity in ${folder} is Won`)
  for (let day = first; day <= last; day = addDays(day, 1)) {
    for (const { id } of byDay.get(day) ?? [])
      await world.fakes.act('salesforce', 'closeDeal', id, { CloseDate: day })
    await passDay(world, day)
    if (day.endsWith('-01')) tell(`${monthOf(day)}: deals close day by day.`)
  }
  tell(`All ${closings.length} won deals have closed.`)
  if (fixes) await addRow(world, 'salesforce', 'products', 'GTXPro', 'GTX Pro')
  tell(
    fixes
      ? 'The lookup row GTXPro = GTX Pro was added and the exceptions replayed.'
      : 'What waits for a person is left waiting; with --fix the missing lookup row is added.',
  )
  const end = addDays(addMonths(firstDayOf(monthOf(last)), 13), 4)
  for (let day = addDays(last, 1); day <= end; day = addDays(day, 1)) {
    if (day < end && !quietDays.some((ending) => day.endsWith(ending))) continue
    await passDay(world, day)
    if (day.endsWith('-03')) tell(`${monthOf(addDays(day, -3))} is closed.`)
  }
}

/** A day's work: the sweep finds what closed, billing follows, due invoices are paid. */
async function passDay(world: World, day: CalendarDate): Promise<void> {
  await world.jumpTo(new Date(`${day}T22:00:00Z`))
  await world.fakes.act<number>('stripe', 'payDueInvoices', world.now())
  await world.settle()
}

async function load(world: World, folder: string, tell: Tell): Promise<Closing[]> {
  const [accounts, products, opportunities] = await Promise.all(
    opportunityFiles.map((name) => readRows(join(folder, name))),
  )
  const already = await world.fakes.act<{ deals: { id: string; name: string }[] }>('salesforce', 'truth')
  const records = [
    ...(accounts ?? []).map((row) => ({
      type: 'Account',
      ref: `account ${row['account']}`,
      fields: accountFields(row),
    })),
    ...(products ?? []).map((row) => ({
      type: 'Product2',
      fields: { Name: row['product'], Family: row['series'], IsActive: true },
    })),
    ...(opportunities ?? []).map((row) => ({ type: 'Opportunity', fields: opportunityFields(row) })),
  ]
  const ids =
    already.deals.length > 0
      ? already.deals.map(({ id }) => id)
      : (await world.fakes.act<string[]>('salesforce', 'load', records)).slice(
          records.length - (opportunities ?? []).length,
        )
  tell(
    `Loaded ${accounts?.length ?? 0} accounts, ${products?.length ?? 0} products and ${opportunities?.length ?? 0} opportunities.`,
  )
  return (opportunities ?? []).flatMap((row, index) =>
    row['deal_stage'] === 'Won' ? [{ id: ids[index] ?? '', closesOn: isoDay(row['close_date'] ?? '') }] : [],
  )
}

async function readRows(file: string): Promise<Row[]> {
  return parse(await readFile(file, 'utf8'), { columns: true, skip_empty_lines: true }) as Row[]
}

function accountFields(row: Row) {
  return { Name: row['account'], Industry: row['sector'], BillingCountry: row['office_location'] }
}

/** Won opportunities are loaded as still open: closing them is the story. */
function opportunityFields(row: Row) {
  const closesOn = row['close_date'] ? isoDay(row['close_date']) : '2018-01-31'
  const stages: Readonly<Record<string, string>> = {
    Won: 'Negotiation/Review',
    Lost: 'Closed Lost',
    Engaging: 'Qualification',
    Prospecting: 'Prospecting',
  }
  return {
    Name: `${row['opportunity_id']}: ${row['product']}`,
    ...(row['account'] ? { AccountId: `@account ${row['account']}` } : {}),
    StageName: stages[row['deal_stage'] ?? ''] ?? 'Prospecting',
    CloseDate: closesOn,
    Product__c: row['product'],
    ...(row['close_value'] ? { Amount: Number(row['close_value']) } : {}),
  }
}

/** `3/11/2017` is 11 March 2017. */
function isoDay(text: string): CalendarDate {
  const [month = '', day = '', year = ''] = text.split('/')
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}
