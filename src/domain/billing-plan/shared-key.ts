/**
 * A name for a shared thing made from what it is, fit for the provider's keys: kept as it is when it is short and plain, otherwise
 * made plain and told apart by a hash.
 */
export function sharedKey(text: string): string {
  if (/^[A-Za-z0-9._-]{1,60}$/.test(text)) return text
  const plain = text.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40)
  return `${plain}-${contentHash(text)}`
}

/**
 * Names content by 64 bits (FNV-1a over UTF-16 code units). Not for secrets: an object found under such a name is still
 * compared with what was asked for.
 */
export function contentHash(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (let index = 0; index < text.length; index++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n)
  }
  return hash.toString(16).padStart(16, '0')
}
