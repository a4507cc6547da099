import { sql } from 'drizzle-orm'
import { compileBook, type MeterBook } from '../domain/meter-book.ts'
import { readMeterBook } from './meters.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** The definitions of meters as a process read them last. */
export type MeterBookMemory = { held: { readonly serial: number; readonly book: MeterBook } }

/** Makes one memory of what is defined, for a process; it begins with nothing, as a database without definitions does. */
export function meterBookMemory(): MeterBookMemory {
  return { held: { serial: 0, book: compileBook([]) } }
}

/** An SQL number: that of the latest publication, which no other follows until the unit ends. */
export const sharedMeterBook = sql`share_meter_book()`

/** The book of a publication: the one remembered, where it is that. Belongs in the unit that asked for `sharedMeterBook`. */
export async function bookOf(unit: Unit, memory: MeterBookMemory, serial: number): Promise<MeterBook> {
  if (memory.held.serial !== serial) memory.held = await readMeterBook(unit)
  return memory.held.book
}

/** The book as it stands; nobody publishes a meter until the unit ends. */
export async function shareMeterBook(unit: Unit, memory = meterBookMemory()): Promise<MeterBook> {
  const [row] = await rowsOf<{ serial: string }>(unit, sql`select ${sharedMeterBook} as serial`)
  return bookOf(unit, memory, Number(row?.serial))
}
