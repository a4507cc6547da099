import { Big } from 'big.js'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderArchive } from '../../connectors/files/folder-archive.ts'
import { addDays, addMonths, monthOf, type CalendarDate } from '../../src/domain/calendar.ts'
import type { UsageCorrection } from '../../src/domain/usage.ts'
import { archiveMonth } from '../../src/jobs/archive-usage.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { restoreUsage } from '../../src/jobs/restore-usage.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { attachUsage } from '../../src/store/attach-usage.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { addAlias, ensureCustomer } from '../../src/store/customers.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { proveDaysOver } from '../../src/store/proven-usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { archiveFileNames } from '../../src/store/usage-archive-restore.ts'
import { usageSums } from '../../src/store/usage-sums.ts'
import { sampleEvent } from '../domain/meter-samples.ts'
import { fileFolder } from '../files/written-files.ts'
import { ownStore, type OwnStore } from './store.ts'

const folder = fileFolder()
let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(async () => {
  await own.close()
  folder.remove()
})

const keeping = { clock: systemClock, doorbell: silentDoorbell }

/** What can happen on a day: use comes (the same id again is a duplicate or a conflict), is corrected, finds its customer, or days are proven. */
const aStep = fc.record({
  act: fc.constantFrom('use', 'use', 'use', 'retract', 'replace', 'attach', 'prove', 'prove'),
  day: fc.integer({ min: 0, max: 88 }),
  id: fc.nat(11),
  value: fc.integer({ min: 0, max: 300 }),
  isStrange: fc.boolean(),
})
type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never

/** One run: three months and a customer of its own. */
type Run = { readonly first: CalendarDate; readonly customerId: string; readonly subject: string }

let turn = 0
async function newRun(): Promise<Run> {
  const first = addMonths('2001-01-01', 3 * turn)
  const subject = `account-${turn++}`
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: subject, entity: 'us', name: 'Acme' } as const
  const { customerId } = await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, new Date(first)))
  return { first, customerId, subject }
}

const noon = (day: CalendarDate) => new Date(`${day}T12:00:00Z`)

async function play(run: Run, { act, day, id, value, isStrange }: Step, index: number): Promise<void> {
  const at = noon(addDays(run.first, day))
  const subject = isStrange ? `strange-${run.subject}` : run.subject
  if (act === 'prove') {
    await proveDaysOver(own.store, at)
    return expectSumsOfEvents(run)
  }
  if (act === 'attach') return attach(run)
  const corrects: UsageCorrection = { kind: act === 'retract' ? 'retraction' : 'replacement', id: `${id}` }
  const event = sampleEvent({
    source: run.subject,
    meter: 'tokens',
    subject,
    occurredAt: at,
    ...(act === 'use' ? { id: `${id}` } : { id: `corrects-${index}`, corrects }),
    value: act === 'retract' ? '0' : `${value / 100}`,
  })
  await own.store.unitOfWork((unit) => keepUsage(unit, [keyedEvent(event)], at, keeping))
}

async function attach({ subject, customerId }: Run): Promise<void> {
  await own.store.unitOfWork(async (unit) => {
    await addAlias(unit, `strange-${subject}`, customerId, systemClock.now())
    await attachUsage(unit, [`strange-${subject}`], keeping)
  })
}

async function sumsOf({ customerId }: Run) {
  await countUsage(own.store, keeping)
  const sum = (await usageSums(own.store)).find((each) => each.customerId === customerId)
  const { accepted = '0', voided = '0', inWindows = '0' } = sum ?? {}
  return { accepted, voided, inWindows }
}

/** Every event the database holds of the customer, in one plain sum. */
async function sumOfEvents({ customerId }: Run): Promise<string> {
  const [row] = await own.owner`
    select trim_scale(coalesce(sum(value), 0))::text as sum from usage_event where customer_id = ${customerId}`
  return row?.['sum'] as string
}

async function expectSumsOfEvents(run: Run): Promise<void> {
  const { accepted, voided, inWindows } = await sumsOf(run)
  expect(accepted).toBe(await sumOfEvents(run))
  expect(accepted).toBe(new Big(inWindows).plus(voided).toFixed())
}

async function putAway(run: Run): Promise<void> {
  const month = monthOf(run.first)
  const archive = folderArchive(folder.path('.'))
  const doing = { store: own.store, clock: systemClock, actor: 'test', tell: () => undefined }
  await archiveMonth({ month, blockCount: 0, byteCount: 0 }, { ...doing, archive, blocksAFile: 64 })
  await proveDaysOver(own.store, noon(addDays(run.first, 100)))
  const away = await sumsOf(run)
  for (const name of await archiveFileNames(own.store.read, month))
    await restoreUsage(month, archive.read(name), { ...doing, isDryRun: false })
  await proveDaysOver(own.store, noon(addDays(run.first, 100)), { anew: true })
  expect(await sumsOf(run)).toEqual(away)
}

test('shuffled, late, corrected, attached and archived, events add up to the same by kept sums and by themselves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { minLength: 10, maxLength: 30 }), async (steps) => {
      const run = await newRun()
      for (const [index, step] of steps.entries()) await play(run, step, index)
      await attach(run)
      await expectSumsOfEvents(run)
      const kept = await sumsOf(run)
      await proveDaysOver(own.store, noon(addDays(run.first, 100)), { anew: true })
      expect(await sumsOf(run)).toEqual(kept)
      // A month into which nothing came has no table to put away.
      const [held] =
        await own.owner`select to_regclass('usage_month.event_' || ${run.first.slice(0, 7).replace('-', '_')}) as name`
      if (held?.['name'] === null) return
      await putAway(run)
      expect(await sumsOf(run)).toEqual(kept)
    }),
    { numRuns: 8, endOnFailure: true },
  )
  const [changes] =
    await own.owner`select count(*)::integer as months from usage_proven_month where proven_before > month`
  expect(changes?.['months']).toBeGreaterThan(15)
}, 90_000)
