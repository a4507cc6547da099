import { sql } from 'drizzle-orm'
import type { Clock } from '../ports/clock.ts'
import { ownersOf } from './customers.ts'
import { among } from './json.ts'
import { rowsOf, type Unit } from './unit-of-work.ts'

/** Finds the customers that subjects name; those that name none, or several, are left out. */
export type OwnersOf = (unit: Unit, subjects: ReadonlySet<string>) => Promise<Map<string, string>>

/** Finds them in the database. */
export const ownersOfSubjects: OwnersOf = async (unit, subjects) => {
  const rows = await rowsOf<{ alias: string; customer_id: string }>(
    unit,
    sql`select alias, customer_id from ${ownersOf(sql`alias in ${among([...subjects])}`)} as owner`,
  )
  return new Map(rows.map((row) => [row.alias, row.customer_id]))
}

/** How long a subject that comes to name a second customer may still be taken for the first one's. */
const rememberedMilliseconds = 2_000
const mostRemembered = 100_000

/** Finds them for a process, which remembers those it found; a subject that named none, or several, is asked for each time. */
export function rememberedOwners(clock: Clock): OwnersOf {
  const known = new Map<string, { readonly customerId: string; readonly foundAt: number }>()
  return async (unit, subjects) => {
    const now = clock.now().getTime()
    const owners = new Map<string, string>()
    const unknown = new Set<string>()
    for (const subject of subjects) {
      const held = known.get(subject)
      const age = held === undefined ? -1 : now - held.foundAt
      if (held !== undefined && age >= 0 && age < rememberedMilliseconds) owners.set(subject, held.customerId)
      else unknown.add(subject)
    }
    if (unknown.size === 0) return owners
    if (known.size > mostRemembered) known.clear()
    for (const [subject, customerId] of await ownersOfSubjects(unit, unknown)) {
      owners.set(subject, customerId)
      known.set(subject, { customerId, foundAt: now })
    }
    return owners
  }
}
