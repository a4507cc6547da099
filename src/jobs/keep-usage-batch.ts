import {
  bytesOf,
  invalid,
  mostBytesAnEvent,
  readEvent,
  tooLarge,
  type EventFault,
  type EventReading,
} from '../domain/event-reading.ts'
import { shorten } from '../domain/sentence.ts'
import { readStrictJson } from '../domain/strict-json.ts'
import type { UsageEvent } from '../domain/usage.ts'
import type { Checkpoint } from '../ports/checkpoint.ts'
import type { Kept, RawEvent, UsageBatch, UsageKeeper } from '../ports/usage-source.ts'
import { keepUsage, type UsageKeeping } from '../store/keep-usage.ts'
import { meterBookMemory } from '../store/meter-book-memory.ts'
import type { UsageOutcome } from '../store/accept-corrections.ts'
import { keepGap, keepRefusals, mostSamples, type Refusals } from '../store/refused-usage.ts'
import { isRefusedByDatabase, type Store, type Unit } from '../store/unit-of-work.ts'
import { keyedEvent } from '../store/usage-key.ts'
import { moveUsagePosition, usagePositionsOf } from '../store/usage-positions.ts'

export type KeeperContext = UsageKeeping & { readonly store: Store; readonly checkpoint: Checkpoint }

/** An event as the source has it, and what it was found to be. */
type Item = { readonly raw: RawEvent; readonly reading: EventReading }

/** Where the events of one source go: kept in one unit of work with the position after them, and what is refused is counted and shown. */
export function usageKeeper(source: string, keeping: KeeperContext): UsageKeeper {
  const context = { meters: meterBookMemory(), ...keeping }
  const { store, clock } = context
  return {
    positionsOf: (partitions) => usagePositionsOf(store.read, source, partitions),
    keep: async (batch) => {
      const now = clock.now()
      const items = batch.events.map((raw) => ({ raw, reading: readRaw(raw, now) }))
      const kept = await keepBatch(source, batch, items, context).catch(async (error: unknown) => {
        if (!isRefusedByDatabase(error)) throw error
        return keepBatch(source, batch, await setAside(items, context), context)
      })
      context.checkpoint('usage-after-commit')
      return kept
    },
  }
}

function readRaw(raw: RawEvent, now: Date): EventReading {
  switch (raw.kind) {
    case 'parts':
      return readEvent(raw.event, now)
    case 'unreadable':
      return invalid([raw.fault])
    case 'text': {
      if (bytesOf(raw.text) > mostBytesAnEvent) return tooLarge()
      const document = readStrictJson(raw.text)
      if (document.ok) return readEvent(document.value, now)
      return invalid([{ pointer: '', code: document.error.code, message: document.error.detail }])
    }
  }
}

function keepBatch(
  source: string,
  batch: UsageBatch,
  items: readonly Item[],
  context: KeeperContext,
): Promise<Kept> {
  const at = context.clock.now()
  return context.store.unitOfWork(async (unit) => {
    // First, because it is what two readers of one partition meet at: the second waits, and then keeps nothing.
    if (!(await moveUsagePosition(unit, source, batch, at))) return 'stale'
    const refusals = [...refusedBefore(items), ...(await keepSound(unit, items, at, context))]
    await keepRefusals(unit, source, refusals, at)
    if (batch.gap !== undefined) await keepGap(unit, source, batch.partition, batch.gap, at)
    return 'kept'
  })
}

type Sound = Item & { readonly reading: Extract<EventReading, { kind: 'sound' }> }

const isSound = (item: Item): item is Sound => item.reading.kind === 'sound'

const conflict: EventFault = {
  pointer: '/id',
  code: 'event-conflict',
  message: 'Another event has this source and id. The first one stays.',
}

/** Keeps what is sound, and answers what was not taken: another event has its source and id, or it corrects what it cannot. */
async function keepSound(
  unit: Unit,
  items: readonly Item[],
  at: Date,
  context: KeeperContext,
): Promise<Refusals[]> {
  const sound = items.filter(isSound)
  const events = sound.map(({ reading }) => keyedEvent(reading.event))
  const outcomes = await keepUsage(unit, events, at, context)
  return grouped(
    sound.flatMap(({ raw }, index) => {
      const fault = faultOf(outcomes[index] as UsageOutcome)
      return fault === null ? [] : [{ raw, code: fault.code, fault }]
    }),
  )
}

function faultOf(outcome: UsageOutcome): EventFault | null {
  if (typeof outcome === 'object') return outcome.fault
  return outcome === 'conflict' ? conflict : null
}

/** What was refused before anything was asked of the database. */
function refusedBefore(items: readonly Item[]): Refusals[] {
  return grouped(
    items.flatMap(({ raw, reading }) => {
      if (reading.kind === 'sound') return []
      const [fault] = reading.faults
      if (fault === undefined) return []
      return [{ raw, code: codeOf(raw, reading.state, fault), fault }]
    }),
  )
}

/** What could not be taken apart is told by its own code; what breaks the rules of an event by one code for all of them. */
function codeOf(raw: RawEvent, state: 'invalid' | 'too-large', fault: EventFault): string {
  if (state === 'too-large') return 'event-too-large'
  const isOwn = raw.kind === 'unreadable' || fault.code.startsWith('body-') || fault === unstorable
  return isOwn ? fault.code : 'invalid-event'
}

type Refused = { readonly raw: RawEvent; readonly code: string; readonly fault: EventFault }

function grouped(refused: readonly Refused[]): Refusals[] {
  const codes = [...new Set(refused.map(({ code }) => code))]
  return codes.map((code) => {
    const alike = refused.filter((item) => item.code === code)
    const latest = alike.slice(-mostSamples).toReversed()
    return { code, count: alike.length, samples: latest.map(sampleOf) }
  })
}

const longestSampleCharacters = 2_000

function sampleOf({ raw, fault: { pointer, message } }: Refused) {
  return {
    place: raw.place,
    found: writable(foundIn(raw)),
    why: shorten(`${pointer === '' ? 'The event' : pointer}: ${message}`),
  }
}

function foundIn(raw: RawEvent): string {
  if (raw.kind === 'text') return raw.text
  return raw.kind === 'parts' ? JSON.stringify(raw.event) : raw.found
}

/** PostgreSQL takes neither the character zero nor half a surrogate pair, also where a text was cut. */
function writable(text: string): string {
  return text
    .slice(0, longestSampleCharacters)
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
}

const unstorable: EventFault = {
  pointer: '',
  code: 'unstorable-event',
  message: 'The database does not take this event.',
}

/** Finds by trying each by itself which events the database will not take, so that they do not hold up the others. */
async function setAside(items: readonly Item[], context: KeeperContext): Promise<Item[]> {
  const tried: Item[] = []
  for (const item of items) {
    const isTaken = !isSound(item) || (await isStorable(item.reading.event, context))
    tried.push(isTaken ? item : { ...item, reading: invalid([unstorable]) })
  }
  return tried
}

async function isStorable(event: UsageEvent, context: KeeperContext): Promise<boolean> {
  try {
    await context.store.unitOfWork((unit) =>
      keepUsage(unit, [keyedEvent(event)], context.clock.now(), context),
    )
    return true
  } catch (error) {
    if (isRefusedByDatabase(error)) return false
    throw error
  }
}
