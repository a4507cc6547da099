import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listMetersCommand } from '../../src/cli/commands/meter-list.ts'
import { publishMeterFile } from '../../src/cli/commands/meter-publish.ts'
import { showMeter } from '../../src/cli/commands/meter-show.ts'
import { tryMeter } from '../../src/cli/commands/meter-try.ts'
import type { Session } from '../../src/cli/commands/run-command.ts'
import { exitNameOf } from '../../src/cli/failures.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import { sampleEvent } from '../domain/meter-samples.ts'
import { fileFolder } from '../files/written-files.ts'
import type { ImportBook } from './import-book.ts'
import { openImportBook } from './import-book.ts'
import { tieout, tieoutJson } from './processes.ts'

const folder = fileFolder()
let book: ImportBook
let session: Session
beforeAll(async () => {
  book = await openImportBook()
  const silent = () => undefined
  session = {
    variables: book.variables,
    progress: { say: silent, end: silent, pause: silent },
    warn: silent,
  }
})
afterAll(async () => {
  await book.close()
  folder.remove()
})

/** Every test has a meter and an event type of its own. */
let name = ''
let turn = 0
beforeEach(() => {
  name = `meter-${++turn}`
})

const definition = (lines: readonly string[] = []) =>
  folder.write(
    `${name}.yaml`,
    [
      'format: 1',
      `name: ${name}`,
      'displayName: LLM tokens',
      'unit: tokens',
      `eventType: ${name}.used`,
      ...(lines.some((line) => line.startsWith('aggregation')) ? [] : ['aggregation: sum']),
      ...lines,
      '',
    ].join('\n'),
  )

type Sent = {
  readonly at: string
  readonly value: string
  readonly region?: string
  readonly subject?: string
}

async function keep(type: string, sent: readonly Sent[]): Promise<void> {
  const events = sent.map(({ at, value, region, subject = 'acme' }, index) =>
    sampleEvent({
      id: `${type} ${index}`,
      meter: type,
      subject,
      value,
      occurredAt: new Date(`2026-${at}:00Z`),
      properties: region === undefined ? {} : { region },
    }),
  )
  const keeping = { clock: systemClock, doorbell: silentDoorbell }
  await book.own.store.unitOfWork((unit) =>
    keepUsage(unit, events.map(keyedEvent), systemClock.now(), keeping),
  )
  await countUsage(book.own.store, keeping)
}

const march = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') }

const exitOf = (work: Promise<unknown>) => work.then(() => 'done', exitNameOf)
const sentenceOf = (work: Promise<unknown>) =>
  work.then(
    () => '',
    (error: Error) => error.message,
  )

test('a definition is tried, published, listed and shown, by the command and with its exits', async () => {
  await keep(`${name}.used`, [
    { at: '03-02T10:00', value: '0.1', region: 'eu' },
    { at: '03-02T10:30', value: '0.2', region: 'eu' },
    { at: '03-03T10:00', value: '5', region: 'us' },
  ])
  const file = definition(['filters: [{ property: region, oneOf: [eu] }]'])
  const range = ['--from', '2026-03-01T00:00:00Z', '--to', '2026-04-01T00:00:00Z']
  const trial = await tieout(['meters', 'try', file, ...range, '--customer', 'acme'], book.variables)
  expect(trial.code).toBe(0)
  expect(trial.stdout).toMatch(
    /2026-03-01T00Z to 2026-04-01T00Z +3 +2 +1 +0 +0\.3 +0 +0\.3\n\nNothing was changed\.\n$/,
  )
  const early = await tieout(
    ['meters', 'publish', file, '--effective-from', '2026-03-01T00:00:00Z'],
    book.variables,
  )
  expect({ code: early.code, stdout: early.stdout }).toEqual({ code: 5, stdout: '' })
  expect(early.stderr).toContain('Events from 2026-03-01T00:00:00.000Z on have been counted already.')
  const published = await tieoutJson(['meters', 'publish', file], book.variables)
  expect(published).toMatchObject({ code: 0, data: { name, version: 1, is_new: true, unit: 'tokens' } })
  const listed = await listMetersCommand(session)
  expect(listed.data).toMatchObject({ meters: [{ name, current: null, upcoming: [{ version: 1 }] }] })
  expect((await showMeter(session, name, {})).text).toContain('Only where  region is one of eu')
  expect(await exitOf(showMeter(session, 'none', {}))).toBe('not-found')
}, 60_000)

test('12,000 events of three customers are read in pages and give what they add up to, whatever else is stored', async () => {
  const day = (index: number) => String((index % 28) + 1).padStart(2, '0')
  const sent = Array.from({ length: 12_000 }, (_none, index) => ({
    at: `03-${day(index)}T10:00`,
    value: '0.5',
    region: `r${index % 7}`,
    subject: ['acme', 'beta', 'nobody'][index % 3] ?? '',
  }))
  await keep(`${name}.used`, sent)
  await keep(`${name}.other`, sent.slice(0, 10))
  const outcome = await tryMeter(session, definition(['groupBy: [region]']), march)
  expect(outcome.exit).toBe(undefined)
  const { periods } = outcome.data as { periods: Record<string, unknown>[] }
  expect(periods).toHaveLength(2)
  for (const period of periods)
    expect(period).toMatchObject({ seen: 4000, counted: 4000, quantity: '2000', group_count: 7 })
})

test('what cannot be read ends with 7 and is told by its event; a published version stands beside it', async () => {
  await keep(`${name}.used`, [{ at: '03-02T10:00', value: '8' }])
  await publishMeterFile(session, definition(), { effectiveFrom: new Date('2027-01-01T00:00:00Z') })
  const changed = definition(['value: properties.seconds'])
  const outcome = await tryMeter(session, changed, march)
  expect(outcome.exit).toBe('partial')
  expect(outcome.text).toContain(`${name}.used 0 of gateway: an event has no properties.seconds`)
  expect(outcome.data).toMatchObject({ periods: [{ unreadable: 1, quantity: '0', published_quantity: '0' }] })
})

test('publishing the same words again changes nothing, and another one makes version 2', async () => {
  const [first, later] = [new Date('2027-01-01T00:00:00Z'), new Date('2027-02-01T00:00:00Z')]
  await publishMeterFile(session, definition(), { effectiveFrom: first })
  const again = await publishMeterFile(session, definition(), { effectiveFrom: later })
  expect(again.text).toBe(`Version 1 of ${name} says so already and counts from 2027-01-01T00:00:00.000Z on.`)
  const grouped = definition(['groupBy: [region]', 'effectiveFrom: 2027-02-01T00:00:00Z'])
  expect(await publishMeterFile(session, grouped, {})).toMatchObject({ data: { version: 2, is_new: true } })
  expect((await showMeter(session, name, { version: 1 })).text).toContain('Grouped by  nothing')
  expect((await showMeter(session, name, {})).text).toContain('  2  from 2027-02-01T00:00Z')
  expect(await exitOf(showMeter(session, name, { version: 3 }))).toBe('not-found')
  expect((await listMetersCommand(session)).text).toContain(`${name}  LLM tokens`)
  const acts = await book.own
    .owner`select subject from audit_entry where action = 'meter-published' and subject = ${name}`
  expect(acts).toHaveLength(2)
})

test('a faulty file, an empty range and an unknown customer are refused, with every fault at once', async () => {
  const faulty = definition(['aggregation: max', 'groupBy: [a, a]', 'color: red'])
  expect(await sentenceOf(tryMeter(session, faulty, march))).toBe(
    `${faulty} defines no meter:\n` +
      '  - aggregation must be one of sum, count, maximum, last, unique, time-weighted.\n' +
      '  - groupBy must name each property once.\n' +
      '  - color is not part of a meter.',
  )
  const broken = folder.write('broken.yaml', 'name: [')
  expect(await sentenceOf(publishMeterFile(session, broken, {}))).toContain('is neither YAML nor JSON')
  expect(await exitOf(publishMeterFile(session, 'no-such.yaml', {}))).toBe('usage')
  expect(await exitOf(tryMeter(session, definition(), { from: march.to, to: march.from }))).toBe('usage')
  expect(await exitOf(tryMeter(session, definition(), { ...march, customer: 'who' }))).toBe('not-found')
})

test('JSON is taken as YAML is', async () => {
  const json = { format: 1, name, displayName: 'Calls', unit: 'calls', eventType: name, aggregation: 'count' }
  const file = folder.write(`${name}.json`, JSON.stringify(json))
  expect(await tryMeter(session, file, march)).toMatchObject({
    text: `No event of ${name} is stored from then.`,
  })
})
