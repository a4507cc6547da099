import { ProblemError } from './problem.ts'

/** How deep and how wide a document may be. `mostKeys` counts the keys of all its objects. */
export type JsonLimits = { readonly deepest: number; readonly mostKeys: number }

export const apiJsonLimits: JsonLimits = { deepest: 32, mostKeys: 2_000 }

/**
 * Parses JSON and refuses what JSON.parse would take silently: a key named twice in one object, nesting without end. Throws ProblemError
 * (400): `body-syntax` with the place, `body-duplicate-key`, `body-too-deep`.
 */
export function parseStrictJson(text: string, limits: JsonLimits = apiJsonLimits): unknown {
  const value = parsed(text)
  // What names no key twice has as many keys as colons, and is seldom deep: only the rest is walked over.
  const shape = shapeOf(value, 1, limits.deepest)
  if (shape === null || shape > limits.mostKeys || shape !== colonsIn(text)) checkShape(text, limits)
  return value
}

/** How many keys a value holds in all its objects; null when it is nested too deeply. */
function shapeOf(value: unknown, depth: number, deepest: number): number | null {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > deepest) return null
  let keys = 0
  for (const held of Array.isArray(value) ? value : Object.values(value)) {
    const below = shapeOf(held, depth + 1, deepest)
    if (below === null) return null
    keys += below
  }
  return Array.isArray(value) ? keys : keys + Object.keys(value).length
}

const quote = 34
const colon = 58
const backslash = 92

/** How many colons stand outside of strings in a text that is known to be valid JSON: one for each key. */
function colonsIn(text: string): number {
  let colons = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === colon) colons++
    else if (code === quote) index = endOfString(text, index)
  }
  return colons
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return end
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new ProblemError({ status: 400, code: 'body-syntax', detail: syntaxFault(words, text.length) })
  }
}

/** The engine tells the place of some faults, and shows the surroundings of the others. */
function syntaxFault(words: string, length: number): string {
  const isCut = words.includes('end of JSON input')
  const place = isCut ? length : Number(/position (\d+)/.exec(words)?.[1] ?? Number.NaN)
  if (Number.isNaN(place)) return `The body is not JSON: ${words.slice(0, 200)}.`
  return `The body ${place === length ? 'ends too early' : 'is not JSON'} at character ${place}.`
}

/** Strings, brackets and colons: all of valid JSON that shape depends on. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g

/** Walks over a text that is known to be valid JSON. */
function checkShape(text: string, { deepest, mostKeys }: JsonLimits): void {
  // One set of keys for each object that is open, null for each list.
  const open: (Set<string> | null)[] = []
  let keys = 0
  let lastString = ''
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null)
      if (open.length > deepest) throw tooDeep(`The body is nested more than ${deepest} deep.`)
    } else if (token === '}' || token === ']') open.pop()
    else if (token !== ':') lastString = token
    else {
      if (++keys > mostKeys) throw tooDeep(`The body has more than ${mostKeys} keys.`)
      noteKey(open.at(-1) ?? null, lastString)
    }
  }
}

function noteKey(keys: Set<string> | null, token: string): void {
  const key = JSON.parse(token) as string
  if (keys?.has(key) === true) {
    const detail = `An object names the key "${key.slice(0, 100)}" twice.`
    throw new ProblemError({ status: 400, code: 'body-duplicate-key', detail })
  }
  keys?.add(key)
}

function tooDeep(detail: string): ProblemError {
  return new ProblemError({ status: 400, code: 'body-too-deep', detail })
}
