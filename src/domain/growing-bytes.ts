/** Bytes that grow at their end. */
export class GrowingBytes {
  #bytes: Buffer<ArrayBuffer>
  #length = 0

  /** Makes room for so many; there may become more of them. */
  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafe(expected)
  }

  /** Begins anew in the same room: what was written before is written over. */
  clear(): void {
    this.#length = 0
  }

  get length(): number {
    return this.#length
  }

  /** All that was added, until more is, or it begins anew. */
  get written(): Buffer<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Adds a text of whatever characters. */
  text(text: string): void {
    this.#makeRoom(Buffer.byteLength(text))
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** Adds ASCII. */
  word(word: string): void {
    this.#makeRoom(word.length)
    const bytes = this.#bytes
    let at = this.#length
    // Short as they are, a call into the platform costs more than its work.
    for (let index = 0; index < word.length; index++) bytes[at++] = word.charCodeAt(index)
    this.#length = at
  }

  /** Adds some of other bytes. */
  part(bytes: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start)
    const own = this.#bytes
    let at = this.#length
    for (let from = start; from < end; from++) own[at++] = bytes[from] ?? 0
    this.#length = at
  }

  byte(byte: number): void {
    this.#makeRoom(1)
    this.#bytes[this.#length++] = byte
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
