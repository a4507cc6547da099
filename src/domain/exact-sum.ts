/** The finest part of a unit that an event may tell of: 10^-12. */
const finestPlaces = 12

/**
 * A decimal as a count of its finest parts, so that many add up exactly and fast. It must have no exponent and at most `places` places; more
 * are needed only for what no event told.
 */
export function finestParts(decimal: string, places = finestPlaces): bigint {
  const point = decimal.indexOf('.')
  if (point === -1) return BigInt(decimal) * onePart(places)
  return BigInt(decimal.slice(0, point) + decimal.slice(point + 1).padEnd(places, '0'))
}

/** The decimal that a count of finest parts is, without trailing zeros. */
export function decimalOf(parts: bigint, places = finestPlaces): string {
  if (parts < 0n) return `-${decimalOf(-parts, places)}`
  const digits = parts.toString().padStart(places + 1, '0')
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '')
  const whole = digits.slice(0, digits.length - places)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** How many places a decimal without an exponent has. */
export function placesOf(decimal: string): number {
  const point = decimal.indexOf('.')
  return point === -1 ? 0 : decimal.length - point - 1
}

/** Places enough for a decimal: those of events, or more where it has more. */
export function placesFor(decimal: string): number {
  return Math.max(finestPlaces, placesOf(decimal))
}

function onePart(places: number): bigint {
  return places === finestPlaces ? 1_000_000_000_000n : 10n ** BigInt(places)
}

const smallWhole = /^-?\d{1,9}$/
const foldedFrom = 2 ** 52

/** Adds up decimals of at most twelve places exactly, and counts events. Small whole ones, which most are, cost a tenth of the others. */
export class ExactSum {
  events = 0
  #parts = 0n
  /** Of small whole decimals, until they come near to what a number holds exactly. */
  #whole = 0

  /** Adds a decimal, which may be below zero, and how many events it is of. */
  add(decimal: string, events: number): void {
    this.events += events
    if (!smallWhole.test(decimal)) this.#parts += finestParts(decimal)
    else {
      this.#whole += Number.parseInt(decimal, 10)
      if (Math.abs(this.#whole) >= foldedFrom) this.#fold()
    }
  }

  addSum(other: ExactSum): void {
    this.events += other.events
    this.#parts += other.#parts
    this.#whole += other.#whole
    if (Math.abs(this.#whole) >= foldedFrom) this.#fold()
  }

  /** All that was added, as a decimal. */
  get quantity(): string {
    return this.#parts === 0n
      ? String(this.#whole)
      : decimalOf(this.#parts + finestParts(String(this.#whole)))
  }

  #fold(): void {
    this.#parts += finestParts(String(this.#whole))
    this.#whole = 0
  }
}
