import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** A usage event as a client sends it and notes it down. */
export type SentEvent = {
  readonly source: string
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly value: string
}

/** What a client notes on its own disk: an event the hub acknowledged, or an answer that breaks the hub's promise. */
type Note = { readonly acknowledged: SentEvent } | { readonly broken: string }

/** The journal of one client: appended to after each answer, and never told to the hub. */
export function clientJournal(file: string) {
  const write = (notes: readonly Note[]) => {
    if (notes.length > 0) appendFileSync(file, notes.map((note) => `${JSON.stringify(note)}\n`).join(''))
  }
  return {
    acknowledged: (events: readonly SentEvent[]) => write(events.map((event) => ({ acknowledged: event }))),
    broken: (why: string) => write([{ broken: why }]),
  }
}

export type Journaled = {
  /** Acknowledged events, once each, by source and id. */
  readonly events: ReadonlyMap<string, SentEvent>
  readonly acknowledgements: number
  readonly broken: readonly string[]
}

/** Reads the journals of all clients. */
export function readJournals(files: readonly string[]): Journaled {
  const notes = files.flatMap((file) =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Note)
      : [],
  )
  const acknowledged = notes.flatMap((note) => ('acknowledged' in note ? [note.acknowledged] : []))
  return {
    events: new Map(acknowledged.map((event) => [keyOf(event), event])),
    acknowledgements: acknowledged.length,
    broken: notes.flatMap((note) => ('broken' in note ? [note.broken] : [])),
  }
}

/** What an event is known by. */
export function keyOf({ source, id }: Pick<SentEvent, 'source' | 'id'>): string {
  return JSON.stringify([source, id])
}

/** The decimals a value may have. */
const decimals = 12

/** A decimal as a whole count of parts of 10^-12, by this file's own reading of it rather than the hub's. */
export function partsOf(value: string): bigint {
  const [whole = '', fraction = ''] = value.split('.')
  return BigInt(`${whole}${fraction.padEnd(decimals, '0')}`)
}
