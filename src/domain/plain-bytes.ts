/** Whether a word of ASCII is what stands between two places of bytes. */
export function isWordAt(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false
  for (let index = 0; index < word.length; index++)
    if (bytes[start + index] !== word.charCodeAt(index)) return false
  return true
}

/** A small number that is the same for the same bytes, and seldom for others. */
export function sumOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  for (let at = start; at < end; at++) sum = (Math.imul(sum, 31) + (bytes[at] ?? 0)) & 0x3fffffff
  return sum
}
