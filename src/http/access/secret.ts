import type { Random } from '../../ports/random.ts'
import { hashOf } from '../../store/fingerprint.ts'

/** Which money a deployment moves; `demo` moves none at all, among twins of the vendors. */
export type DeploymentEnvironment = 'demo' | 'test' | 'live'

/** Which deployments a key is for: those that move money, or those that do not. */
export type KeyEnvironment = 'test' | 'live'

/** Crockford's letters: no i, l, o or u, so that a key read aloud or copied by hand is not mistaken. */
const letters = '0123456789abcdefghjkmnpqrstvwxyz'

const secretBytes = 20
const shownLetters = 8
const checkLetters = 6

/** For leak scanners. The last six letters are the check. */
export const secretPattern = /^tieout_(test|live)_([0-9a-hjkmnp-tv-z]{32})([0-9a-hjkmnp-tv-z]{6})$/

/** Makes the secret of an API key: 160 random bits, and 30 bits that let a mistyped one be refused without a look-up. */
export function makeSecret(random: Random, environment: KeyEnvironment): string {
  const body = `tieout_${environment}_${inLetters(random.bytes(secretBytes))}`
  return body + checkOf(body)
}

/** What a text says of itself as a secret; null when it cannot be one. Nothing is looked up. */
export function readSecret(text: string): { environment: KeyEnvironment; prefix: string } | null {
  const match = secretPattern.exec(text)
  if (match === null || checkOf(text.slice(0, -checkLetters)) !== match[3]) return null
  return { environment: match[1] as KeyEnvironment, prefix: prefixOf(text) }
}

/** The part of a secret that may be shown. */
export function prefixOf(secret: string): string {
  return secret.slice(0, 'tieout_test_'.length + shownLetters)
}

function checkOf(body: string): string {
  const bytes = Uint8Array.from(hashOf(body).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  return inLetters(bytes.slice(0, 4)).slice(0, checkLetters)
}

/** Five bits a letter; a rest of bits at the end makes a last letter of its own. */
function inLetters(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => letters[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}
