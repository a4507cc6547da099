import type { HourlyUseSum } from '../../domain/hourly-use.ts'
import type { UsageEvent } from '../../domain/usage.ts'
import { faultOfCorrection } from '../../domain/usage-correction.ts'
import type { Clock } from '../../ports/clock.ts'
import type { UsageOutcome } from '../../store/accept-corrections.ts'
import { ownersOfSubjects } from '../../store/owners-memory.ts'
import { hashOf } from '../../store/fingerprint.ts'
import { rehearseUsage } from '../../store/rehearse-usage.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { isRefusedByDatabase } from '../../store/unit-of-work.ts'
import { keyedEvent, usageKey } from '../../store/usage-key.ts'
import type { RefusedRow, RowKeeper, SoundRow } from './usage-row-keeper.ts'
import { added, beginning, conflictsOf, unstorableRow } from './usage-row-keeper.ts'

/** What became of a row; `unstorable` where the database does not take it. */
type RowOutcome = UsageOutcome | 'unstorable'

/**
 * Takes rows as an import would, with the same statements, and undoes every unit of work: it finds what would become of each row, adds to `use` what
 * would be counted, and counts none. Begins at the first line also where an import was stopped.
 */
export function rehearsal(store: Store, clock: Clock, use: HourlyUseSum): RowKeeper {
  const memory = new FileMemory()
  let standing = beginning
  return { standing: () => standing, keep, end: () => Promise.resolve() }

  async function keep(rows: readonly SoundRow[]): Promise<RefusedRow[]> {
    const open = new Set(memory.notDecidable(rows))
    const asked = await ask([...open])
    const outcomes: RowOutcome[] = []
    for (const row of rows) {
      const found = open.has(row) ? asked.shift() : undefined
      const outcome = found ?? (await decide(row))
      memory.note(row, outcome)
      outcomes.push(outcome)
    }
    const taken = outcomes.map((outcome) => (outcome === 'unstorable' ? 'conflict' : outcome))
    const unstorable = rows.filter((_row, index) => outcomes[index] === 'unstorable')
    const storable = (_item: unknown, index: number) => outcomes[index] !== 'unstorable'
    standing = added(standing, taken.filter(storable))
    standing = { ...standing, unstorable: standing.unstorable + unstorable.length }
    const refused = conflictsOf(rows.filter(storable), taken.filter(storable))
    return [...refused, ...unstorable.map(({ line }) => unstorableRow(line))]
  }

  /** Asks the database; finds the row that it does not take, as an import does. */
  async function ask(rows: readonly SoundRow[]): Promise<RowOutcome[]> {
    if (rows.length === 0) return []
    try {
      const items = rows.map(({ event }) => keyedEvent(event))
      const { outcomes, hours } = await rehearseUsage(store, items, clock.now())
      for (const hour of hours)
        use.add(hour.customerId, hour.meter, hour.startsAt, hour.quantity, hour.events)
      return [...outcomes]
    } catch (error) {
      if (!isRefusedByDatabase(error)) throw error
      if (rows.length === 1) return ['unstorable']
      const middle = Math.floor(rows.length / 2)
      return [...(await ask(rows.slice(0, middle))), ...(await ask(rows.slice(middle)))]
    }
  }

  /** What was undone cannot be found again, so of what rows before this one brought the memory tells. */
  async function decide({ event }: SoundRow): Promise<UsageOutcome> {
    const decided = memory.decide(event)
    if (decided !== 'corrects') return decided
    const original = memory.originalOf(event)
    const owners = await store.unitOfWork((unit) =>
      ownersOfSubjects(unit, new Set([event.subject, ...(original ? [original.subject] : [])])),
    )
    const [before, after] = [owners.get(original?.subject ?? ''), owners.get(event.subject)]
    if (original && before !== undefined)
      use.add(before, original.meter, original.occurredAt, `-${original.value}`, -1)
    const isRetraction = event.corrects?.kind === 'retraction'
    if (!isRetraction && after !== undefined) use.add(after, event.meter, event.occurredAt, event.value)
    return isRetraction || after !== undefined ? 'accepted' : 'unmatched'
  }
}

/** What rows of a file would have brought, as far as later rows may ask for it. */
class FileMemory {
  /** Events that a later row may repeat or correct, by key. */
  readonly #events = new Map<string, UsageEvent>()
  /** Which event corrected which, by the key of the original. */
  readonly #corrected = new Map<string, string>()

  /** Rows about which nothing before them says what becomes of them. */
  notDecidable(rows: readonly SoundRow[]): SoundRow[] {
    const decided = new Set<string>()
    return rows.filter(({ event }) => {
      const [key, original] = [keyOf(event), originalKeyOf(event)]
      const isKnown = (one: string) => this.#events.has(one) || this.#corrected.has(one) || decided.has(one)
      const isDecided = this.#events.has(key) || decided.has(key) || (original !== null && isKnown(original))
      if (isDecided) decided.add(key)
      return !isDecided
    })
  }

  /** What becomes of an event by what came before it; `corrects` where it corrects something of the file. */
  decide(event: UsageEvent): UsageOutcome | 'corrects' {
    const first = this.#events.get(keyOf(event))
    if (first !== undefined) return bodyOf(first) === bodyOf(event) ? 'duplicate' : 'conflict'
    const original = this.originalOf(event)
    const { meter, subject } = original ?? event
    const fault = faultOfCorrection(event, {
      meter,
      subject,
      isRetraction: original?.corrects?.kind === 'retraction',
      correctedBy: this.#corrected.get(originalKeyOf(event) ?? '') ?? null,
    })
    return fault === null ? 'corrects' : { fault }
  }

  originalOf(event: UsageEvent): UsageEvent | null {
    return this.#events.get(originalKeyOf(event) ?? '') ?? null
  }

  note({ event, isRepeated }: SoundRow, outcome: RowOutcome): void {
    if (outcome !== 'accepted' && outcome !== 'unmatched') return
    if (isRepeated) this.#events.set(keyOf(event), event)
    const original = originalKeyOf(event)
    if (original !== null) this.#corrected.set(original, event.id)
  }
}

function keyOf({ source, id }: UsageEvent): string {
  return usageKey(source, id)
}

function originalKeyOf({ source, corrects }: UsageEvent): string | null {
  return corrects === undefined ? null : usageKey(source, corrects.id)
}

function bodyOf({ meter, subject, occurredAt, value, properties, corrects }: UsageEvent): string {
  const sorted = Object.entries(properties).sort(([left], [right]) => (left < right ? -1 : 1))
  return hashOf(JSON.stringify([meter, subject, occurredAt, value, sorted, corrects?.kind, corrects?.id]))
}
