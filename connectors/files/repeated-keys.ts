/** 2^28 marks in 32 MiB: of 10 million keys fewer than 1 in 1,000 is taken for repeated by mistake, which only costs its place here. */
const markBits = 28

/** How many marks a key leaves. */
const marksAKey = 4

/**
 * Finds keys that come more than once without holding all of them. Show every key once; those that may have been shown before are held. A
 * key that was shown twice is held for certain, and a few others are by chance (a Bloom filter), so whoever counts the held ones counts
 * exactly.
 */
export class RepeatedKeys {
  readonly #marks = new Uint32Array(2 ** (markBits - 5))
  readonly #held = new Set<string>()

  /** Notes a key: at least 32 hexadecimal digits of a hash. */
  show(key: string): void {
    let isMarked = true
    for (let turn = 0; turn < marksAKey; turn++) {
      const mark = Number.parseInt(key.slice(turn * 8, turn * 8 + 8), 16) >>> (32 - markBits)
      const bit = 1 << (mark & 31)
      const word = this.#marks[mark >>> 5] ?? 0
      isMarked &&= (word & bit) !== 0
      this.#marks[mark >>> 5] = word | bit
    }
    if (isMarked) this.#held.add(key)
  }

  /** Whether a key may have been shown more than once. */
  holds(key: string): boolean {
    return this.#held.has(key)
  }
}
