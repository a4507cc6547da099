import type { CalendarDate } from '../calendar.ts'
import { type Currency, type Money, zero } from '../money.ts'
import type { Converted } from './convert.ts'
import type { LookupEntry } from './language.ts'

/**
 * Values by target path. A value that is faulty or missing reads as a harmless stand-in, so that the rest of the contract can
 * still be assembled and checked and a person sees all faults at once; a contract with a stand-in is never handed out.
 */
export class Filled {
  readonly #values: ReadonlyMap<string, Converted | LookupEntry>
  readonly #currency: Currency

  constructor(values: ReadonlyMap<string, Converted | LookupEntry>, currency: Currency) {
    this.#values = values
    this.#currency = currency
  }

  /** Every value whose path starts with a prefix, with the rest of its path, in order of the rows. */
  below(prefix: string): { name: string; value: Converted | LookupEntry }[] {
    return [...this.#values]
      .filter(([path, value]) => path.startsWith(prefix) && value !== null)
      .map(([path, value]) => ({ name: path.slice(prefix.length), value }))
  }

  /** Whether any of the paths has a value. */
  hasAny(...paths: string[]): boolean {
    return paths.some((path) => this.#values.get(path) != null)
  }

  /** The object a lookup or a constant gave, already found to have the right shape. */
  object<T>(path: string, standIn: T): T {
    const value = this.#values.get(path)
    return typeof value === 'object' && value !== null ? (value as T) : standIn
  }

  text(path: string): string | null {
    const value = this.#values.get(path)
    return typeof value === 'string' ? value : null
  }

  textOr(path: string, standIn: string): string {
    return this.text(path) ?? standIn
  }

  day(path: string, standIn: CalendarDate): CalendarDate {
    return this.text(path) ?? standIn
  }

  whole(path: string): bigint | null {
    const value = this.#values.get(path)
    return typeof value === 'bigint' ? value : null
  }

  money(path: string): Money | null {
    const value = this.#values.get(path)
    return typeof value === 'object' && value !== null && 'amountMinor' in value ? (value as Money) : null
  }

  moneyOr(path: string, standIn: Money = zero(this.#currency)): Money {
    return this.money(path) ?? standIn
  }

  /** A small whole number, such as months; zero stands in for what no count can be. */
  count(path: string): number | null {
    const value = this.whole(path)
    if (value === null) return null
    return value >= 0n && value < 100_000n ? Number.parseInt(value.toString(), 10) : -1
  }
}
