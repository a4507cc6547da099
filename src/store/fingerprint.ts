import { createHash } from 'node:crypto'

/** SHA-256 of a text, as 64 hexadecimal digits. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** SHA-256 of a value's canonical JSON: equal content gives an equal fingerprint, whatever the order of keys. */
export function fingerprintOf(value: unknown): string {
  return hashOf(canonicalJson(value))
}

/** JSON with sorted keys; whole numbers tagged, so that `1n` and `"1"` differ. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => {
    if (typeof held === 'bigint') return { $whole: held.toString() }
    return isPlain(held) ? Object.fromEntries(Object.entries(held).sort(byKey)) : held
  })
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
