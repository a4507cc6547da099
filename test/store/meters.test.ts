import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MeterDefinition } from '../../src/domain/meter.ts'
import { countedBy } from '../../src/domain/meter-book.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { keepUsage } from '../../src/store/keep-usage.ts'
import { keyedEvent } from '../../src/store/usage-key.ts'
import {
  listMeters,
  meterBookVersion,
  meterLabels,
  meterVersionAt,
  meterVersions,
  publishMeter,
  readMeterBook,
} from '../../src/store/meters.ts'
import { silentDoorbell } from '../../src/jobs/doorbell.ts'
import { sampleEvent, sampleMeter } from '../domain/meter-samples.ts'
import { after, ownStore, refusalOf, start, type OwnStore } from './store.ts'

let own: OwnStore
beforeAll(async () => {
  own = await ownStore()
})
afterAll(() => own.close())

/** Every test has a meter and an event type of its own. */
let meter = ''
let eventType = ''
let turn = 0
beforeEach(() => {
  meter = `meter-${++turn}`
  eventType = `type-${turn}`
})

const hour = (count: number) => new Date(start.getTime() + count * 3_600_000)

async function publish(changes: Partial<MeterDefinition> = {}, effectiveFrom = hour(1)) {
  const definition = sampleMeter({ meter, eventType, ...changes })
  return own.store.unitOfWork((unit) =>
    publishMeter(unit, { definition, effectiveFrom, by: 'revops' }, after(0)),
  )
}

async function published(changes: Partial<MeterDefinition> = {}, effectiveFrom = hour(1)): Promise<string> {
  const result = await publish(changes, effectiveFrom)
  return result.ok ? `${result.value.version}${result.value.isNew ? '' : ' again'}` : result.error.code
}

async function use(type: string, occurredAt: Date): Promise<void> {
  const wanted = { crm: 'salesforce', org: '00D', crmAccountId: type, entity: 'us', name: 'Acme' } as const
  await own.store.unitOfWork(async (unit) => {
    await ensureCustomer(unit, wanted, after(0))
    const event = sampleEvent({
      id: `${type} ${occurredAt.toISOString()}`,
      meter: type,
      subject: type,
      occurredAt,
    })
    await keepUsage(unit, [keyedEvent(event)], after(0), { clock: own.clock, doorbell: silentDoorbell })
  })
  await countUsage(own.store, { clock: own.clock, doorbell: silentDoorbell })
}

test('versions count up, keep what they say and who said it, and the number of the book grows with each', async () => {
  const before = await meterBookVersion(own.store.read)
  expect(await published()).toBe('1')
  expect(await published({ displayName: 'Tokens' }, hour(2))).toBe('2')
  expect(await meterBookVersion(own.store.read)).toBe(before + 2)
  expect(await meterVersions(own.store.read, meter)).toMatchObject([
    {
      version: 2,
      displayName: 'Tokens',
      effectiveFrom: hour(2),
      publishedBy: 'revops',
      publishedAt: after(0),
    },
    { version: 1, displayName: 'LLM tokens', effectiveFrom: hour(1) },
  ])
  expect((await meterVersionAt(own.store.read, meter, 1))?.displayName).toBe('LLM tokens')
  expect(await meterVersionAt(own.store.read, meter, 3)).toBe(null)
})

test('what the latest version says word for word is that version, whatever the hour', async () => {
  expect(await published()).toBe('1')
  expect(await published({}, hour(5))).toBe('1 again')
  expect(await meterVersions(own.store.read, meter)).toHaveLength(1)
})

test('six who publish at once make six versions one after the other', async () => {
  const units = ['a', 'b', 'c', 'd', 'e', 'f']
  const results = await Promise.all(units.map((unit, index) => published({ unit }, hour(index + 1))))
  expect(results.toSorted()).toEqual(['1', '2', '3', '4', '5', '6'])
  const versions = await meterVersions(own.store.read, meter)
  expect(versions.map(({ version }) => version)).toEqual([6, 5, 4, 3, 2, 1])
})

test('a version that is yet to begin is replaced by the next one, which may count otherwise', async () => {
  expect(await published({ aggregation: 'maximum' }, hour(5))).toBe('1')
  expect(await published({ aggregation: 'last' }, hour(6))).toBe('counts-otherwise')
  expect(await published({ aggregation: 'last' }, hour(5))).toBe('2')
  const [head] = (await listMeters(own.store.read, hour(0), { limit: 50 })).filter(
    (each) => each.meter === meter,
  )
  expect(head).toMatchObject({ current: null, upcoming: [{ version: 2 }] })
})

describe('a version is refused', () => {
  test('from within an hour', async () => {
    expect(await published({}, after(60))).toBe('not-on-the-hour')
  })

  test('over events of its type that a customer has used already, and not over those before it', async () => {
    await use(eventType, hour(-3))
    expect(await published({}, hour(-3))).toBe('already-counted')
    expect(await published({}, hour(-2))).toBe('1')
  })

  test('over events of the type that it had before', async () => {
    expect(await published({}, hour(-5))).toBe('1')
    await use(eventType, hour(-2))
    expect(await published({ eventType: `${eventType}-other` }, hour(-2))).toBe('already-counted')
    expect(await published({ eventType: `${eventType}-other` }, hour(-1))).toBe('2')
  })

  test('as a maximum of what was added up before it had any definition', async () => {
    await use(meter, hour(-3))
    expect(await published({ eventType: meter, aggregation: 'maximum' })).toBe('counts-otherwise')
    expect(await published({ eventType: meter, aggregation: 'count', valuePath: null })).toBe('1')
  })
})

test('the book that is read counts an event by the version of its hour', async () => {
  await publish()
  await publish({ valuePath: 'properties.seconds' }, hour(2))
  const { serial, book } = await readMeterBook(own.store.read)
  expect(serial).toBe(await meterBookVersion(own.store.read))
  const at = (occurredAt: Date) => countedBy(book, sampleEvent({ meter: eventType, occurredAt }), 'k')
  expect(at(hour(0))).toMatchObject([{ meter: eventType, quantity: '500' }])
  expect(at(hour(1))).toMatchObject([{ meter, quantity: '500' }])
  expect(at(hour(2))).toMatchObject([{ meter, quantity: '1.5' }])
})

test('a list has each meter with the version that holds and those to come, from a name on', async () => {
  await publish({}, hour(-1))
  await publish({ unit: 'kilotokens' }, hour(3))
  const [first] = await listMeters(own.store.read, hour(0), { cursor: meter.slice(0, -1), limit: 50 })
  expect(first?.meter.startsWith('meter-')).toBe(true)
  const held = (await listMeters(own.store.read, hour(0), { limit: 50 })).find((each) => each.meter === meter)
  expect(held).toMatchObject({ current: { version: 1 }, upcoming: [{ version: 2 }] })
  const early = (await listMeters(own.store.read, hour(-2), { limit: 50 })).find(
    (each) => each.meter === meter,
  )
  expect(early).toMatchObject({ current: null, upcoming: [{ version: 1 }, { version: 2 }] })
})

test('labels are those that hold, those to come where none holds yet, and the bare name of what nobody defined', async () => {
  await publish({ unit: 'tokens' }, hour(1))
  await publish({ unit: 'kilotokens', displayName: 'Tokens' }, hour(2))
  const unitAt = async (now: Date) =>
    (await meterLabels(own.store.read, [meter, 'nobody'], now)).get(meter)?.unit
  expect([await unitAt(hour(0)), await unitAt(hour(1)), await unitAt(hour(2))]).toEqual([
    'kilotokens',
    'tokens',
    'kilotokens',
  ])
  expect((await meterLabels(own.store.read, ['nobody'], hour(0))).get('nobody')).toEqual({
    displayName: 'nobody',
    unit: 'units',
  })
})

test('a version is never changed or taken away, not by the owner either', async () => {
  await publish()
  const refusals = await Promise.all(
    [own.app, own.owner].flatMap((sql) => [
      refusalOf(sql`update meter_version set meter = 'x' where meter = ${meter}`),
      refusalOf(sql`delete from meter_version where meter = ${meter}`),
    ]),
  )
  expect(refusals.every((state) => state !== null)).toBe(true)
  expect(await meterVersions(own.store.read, meter)).toHaveLength(1)
})
