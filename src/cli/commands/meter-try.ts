import { basename } from 'node:path'
import type { TrialRow } from '../../domain/meter-trial.ts'
import { meterTrial } from '../../domain/meter-trial.ts'
import { typesChanged, type MeterDefinition } from '../../domain/meter.ts'
import { firstDayOf, monthOf } from '../../domain/calendar.ts'
import { compileBook } from '../../domain/meter-book.ts'
import { systemClock } from '../../ports/clock.ts'
import { customerBySubject } from '../../store/customers.ts'
import type { KeptEvents } from '../../store/meter-events.ts'
import { keptEvents, sellingTerms } from '../../store/meter-events.ts'
import { meterVersions } from '../../store/meters.ts'
import type { ArchivedUsage } from '../../store/usage-archive-restore.ts'
import { archivedUsageOf } from '../../store/usage-archive-restore.ts'
import type { Reader, Store } from '../../store/unit-of-work.ts'
import { CommandError } from '../exit-codes.ts'
import { withDatabase } from './command-database.ts'
import { readMeterFile } from './meter-file.ts'
import { trialOutcome } from './meter-trial-outcome.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'

export type MeterTryOptions = CommonOptions & {
  readonly from?: Date
  readonly to?: Date
  readonly customer?: string
}

/** `tieout meters try`. Throws CommandError for a faulty file, an empty range and an unknown customer. */
export async function tryMeter(session: Session, file: string, options: MeterTryOptions): Promise<Outcome> {
  const { definition } = await readMeterFile(file)
  const to = options.to ?? systemClock.now()
  const from = options.from ?? new Date(`${firstDayOf(monthOf(to.toISOString()))}T00:00:00Z`)
  if (from >= to) throw new CommandError('usage', 'The time --from lies at or after --to.')
  return withDatabase(session, async ({ store }) => {
    const customerId = await customerNamed(store.read, options.customer)
    const range = { from, to, ...(customerId === null ? {} : { customerId }) }
    const say = (events: number) =>
      session.progress.say(`${basename(file)}: ${events.toLocaleString('en')} events looked at`)
    const { rows, archived } = await tried(store, definition, range, say)
    return { ...trialOutcome(definition, range, rows), warnings: archived.map(archivedSentence) }
  })
}

function archivedSentence({ month, files }: ArchivedUsage): string {
  return `Events that came in ${month} are put away, and were not looked at. Import ${files.join(' and ')} to bring them back.`
}

async function customerNamed(reader: Reader, subject: string | undefined): Promise<string | null> {
  if (subject === undefined) return null
  const customer = await customerBySubject(reader, subject)
  if (customer === null) throw new CommandError('not-found', `No customer is known as ${subject}.`)
  return customer.customerId
}

/** Reads in one unit, so that all pages are of one moment. */
function tried(
  store: Store,
  definition: MeterDefinition,
  range: Omit<KeptEvents, 'types'>,
  say: (events: number) => void,
): Promise<{ readonly rows: readonly TrialRow[]; readonly archived: readonly ArchivedUsage[] }> {
  return store.unitOfWork(async (unit) => {
    const versions = await meterVersions(unit, definition.meter)
    const types = typesChanged(definition, versions)
    const trial = meterTrial(definition, compileBook(versions), range.to)
    let events = 0
    for await (const page of keptEvents(unit, { ...range, types })) {
      const customers = [...new Set(page.map(({ customerId }) => customerId))]
      const selling = await sellingTerms(unit, definition.meter, customers)
      for (const { customerId, key, event } of page)
        trial.take(customerId, event, key, selling.get(customerId) ?? [])
      say((events += page.length))
    }
    return { rows: trial.end(), archived: await archivedUsageOf(unit, { ...range, types }) }
  })
}
