import { hourMilliseconds } from '../../domain/calendar.ts'
import { meterVersionOut } from '../../http/api/meter-shapes.ts'
import { systemClock } from '../../ports/clock.ts'
import { recordAct } from '../../store/audit.ts'
import { publishMeter } from '../../store/meters.ts'
import { CommandError } from '../exit-codes.ts'
import { commandActor } from './actor.ts'
import { withDatabase } from './command-database.ts'
import { readMeterFile } from './meter-file.ts'
import type { CommonOptions, Outcome, Session } from './run-command.ts'

export type MeterPublishOptions = CommonOptions & { readonly effectiveFrom?: Date }

/** `tieout meters publish`. Throws CommandError for a faulty file, and for a definition that cannot hold from then on. */
export async function publishMeterFile(
  session: Session,
  file: string,
  options: MeterPublishOptions,
): Promise<Outcome> {
  const written = await readMeterFile(file)
  const { definition } = written
  const by = commandActor()
  return withDatabase(session, async ({ store }) => {
    const at = systemClock.now()
    const effectiveFrom = options.effectiveFrom ?? written.effectiveFrom ?? nextHour(at)
    const result = await store.unitOfWork(async (unit) => {
      const published = await publishMeter(unit, { definition, effectiveFrom, by }, at)
      if (published.ok && published.value.isNew) {
        const { meter, version } = published.value
        const detail = { version, effectiveFrom }
        await recordAct(
          unit,
          { actor: by, action: 'meter-published', subjectKind: 'meter', subject: meter, detail },
          at,
        )
      }
      return published
    })
    if (!result.ok) {
      const isLate = result.error.code === 'already-counted'
      const next = isLate ? `tieout meters try ${file}` : null
      throw new CommandError('conflict', `${result.error.sentence} Nothing was published.`, next)
    }
    const { meter, version, effectiveFrom: from, isNew } = result.value
    const words = isNew ? 'was published and counts' : 'says so already and counts'
    return {
      data: { name: meter, is_new: isNew, ...meterVersionOut(result.value) },
      text: `Version ${version} of ${meter} ${words} from ${from.toISOString()} on.`,
      next: `tieout meters show ${meter} --version ${version}`,
    }
  })
}

function nextHour(at: Date): Date {
  return new Date((Math.floor(at.getTime() / hourMilliseconds) + 1) * hourMilliseconds)
}
