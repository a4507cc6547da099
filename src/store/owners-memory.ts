import { sql } from 'drizzle-orm'
import { ownersOf } from './customers.ts'
import { among } from './json.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** How long a subject that comes to name a second customer may still be taken for the first one's. */
const rememberedMilliseconds = 2_000
const mostRemembered = 100_000

/** The customers that a process found subjects to name; those that name none, or several, are asked for each time. */
export type OwnersMemory = Map<string, { readonly customerId: string; readonly until: number }>

/** The customers that subjects name; those that name none, or several, are left out. */
export async function ownersOfSubjects(
  unit: Unit,
  subjects: ReadonlySet<string>,
  at: Date,
  memory: OwnersMemory = new Map(),
): Promise<Map<string, string>> {
  const now = at.getTime()
  const owners = new Map<string, string>()
  const unknown: string[] = []
  for (const subject of subjects) {
    const held = memory.get(subject)
    if (held !== undefined && now < held.until) owners.set(subject, held.customerId)
    else unknown.push(subject)
  }
  if (unknown.length === 0) return owners
  const rows = await rowsOf<{ alias: string; customer_id: string }>(
    unit,
    sql`select alias, customer_id from ${ownersOf(sql`alias in ${among(unknown)}`)} as owner`,
  )
  if (memory.size > mostRemembered) memory.clear()
  for (const { alias, customer_id: customerId } of rows) {
    owners.set(alias, customerId)
    memory.set(alias, { customerId, until: now + rememberedMilliseconds })
  }
  return owners
}
