import { open } from 'node:fs/promises'
import { decimalOf, finestParts } from '../../domain/exact-sum.ts'
import type { CalendarDate } from '../../domain/calendar.ts'
import { readOwnSettings } from '../../config.ts'
import { contractNamed } from '../../http/api/contracts.ts'
import { csvOf, exportOf, type UsageExport } from '../../http/usage-evidence.ts'
import { systemClock } from '../../ports/clock.ts'
import { CommandError } from '../exit-codes.ts'
import { readBooks } from '../setting-files.ts'
import { withDatabase } from './command-database.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'
import { pairs } from './table.ts'

export type UsageExportOptions = CommonOptions & {
  readonly output: string
  readonly line?: string
  readonly startsOn?: CalendarDate
}

/** `tieout usage export`. Throws ProblemError for what is not there, and CommandError for a file that is there or cannot be written. */
export async function exportUsage(
  session: Session,
  contract: string,
  { output, line, startsOn }: UsageExportOptions,
): Promise<Outcome> {
  const books = await readBooks(readOwnSettings(session.variables).TIEOUT_MAPPINGS_DIR)
  return withDatabase(session, async ({ store }) => {
    const held = await contractNamed(store.read, contract)
    const wanted = { ...(line && { lineId: line }), ...(startsOn && { startsOn }) }
    const found = await exportOf(store.read, held, wanted, { books, now: systemClock.now() })
    const written = await writeExport(found, output)
    const { line: exported, period } = found.evidence
    const data = {
      file: output,
      contract: held.number,
      line_id: exported.lineId,
      meter: exported.meter,
      period: { starts_on: period.startsOn, ends_before: period.endsBefore },
      ...written,
    }
    const text = pairs([
      ['Line', `${exported.product.name} of ${held.number}, meter ${exported.meter}`],
      ['Period', `${period.startsOn} up to ${period.endsBefore}`],
      ['Events', String(written.events)],
      ['Quantity', written.quantity ?? 'of single readings, which do not add up'],
      ['File', output],
    ])
    return { data, text }
  })
}

type Written = { readonly events: number; readonly quantity: string | null }

/** Writes the file as it is read from the database; answers how many events it has and what they add up to, null where a meter does not add up. */
async function writeExport(found: UsageExport, output: string): Promise<Written> {
  const file = await open(output, 'wx').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'is there already' : `cannot be written: ${error.message}`
    throw new CommandError('conflict', `${output} ${why}.`)
  })
  let [events, parts, addsUp] = [0, 0n, true]
  async function* tallied() {
    for await (const page of found.pages()) {
      events += page.length
      for (const { counted } of page) {
        addsUp &&= counted.isAdded
        if (addsUp) parts += finestParts(counted.quantity)
      }
      yield page
    }
  }
  try {
    for await (const piece of csvOf({ ...found, pages: tallied })) await file.write(piece)
  } finally {
    await file.close()
  }
  return { events, quantity: addsUp ? decimalOf(parts) : null }
}
