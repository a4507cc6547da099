import { ok, refused, type Result } from './result.ts'

/** How deep and how wide a document may be. `mostKeys` counts the keys of all its objects. */
export type JsonLimits = { readonly deepest: number; readonly mostKeys: number }

/** What is wrong with a document as JSON, before anybody asks what it says. */
export type JsonFault = {
  readonly code: 'body-syntax' | 'body-duplicate-key' | 'body-too-deep'
  readonly detail: string
}

export const apiJsonLimits: JsonLimits = { deepest: 32, mostKeys: 2_000 }

/** Reads JSON and refuses what JSON.parse would take silently: a key named twice in one object, nesting without end. */
export function readStrictJson(text: string, limits: JsonLimits = apiJsonLimits): Result<unknown, JsonFault> {
  const read = parsed(text)
  if (!read.ok) return read
  // What names no key twice has as many keys as colons, and is seldom deep: only the rest is walked over.
  const keys = keysOf(read.value, 1, limits.deepest)
  const isPlain = keys !== null && keys <= limits.mostKeys && keys === colonsIn(text)
  const fault = isPlain ? null : shapeFault(text, limits)
  return fault === null ? read : refused(fault)
}

/** How many keys a value holds in all its objects; null when it is nested too deeply. */
function keysOf(value: unknown, depth: number, deepest: number): number | null {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > deepest) return null
  let keys = 0
  for (const held of Array.isArray(value) ? value : Object.values(value)) {
    const below = keysOf(held, depth + 1, deepest)
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

function parsed(text: string): Result<unknown, JsonFault> {
  try {
    return ok(JSON.parse(text))
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return refused({ code: 'body-syntax', detail: syntaxFault(words, text.length) })
  }
}

/** The engine tells the place of some faults, and shows the surroundings of the others. */
function syntaxFault(words: string, length: number): string {
  const isCut = words.includes('end of JSON input')
  const place = isCut ? length : Number.parseInt(/position (\d+)/.exec(words)?.[1] ?? '', 10)
  if (Number.isNaN(place)) return `The body is not JSON: ${words.slice(0, 200)}.`
  return `The body ${place === length ? 'ends too early' : 'is not JSON'} at character ${place}.`
}

/** Strings, brackets and colons: all of valid JSON that shape depends on. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g

/** Walks over a text that is known to be valid JSON. */
function shapeFault(text: string, { deepest, mostKeys }: JsonLimits): JsonFault | null {
  // One set of keys for each object that is open, null for each list.
  const open: (Set<string> | null)[] = []
  let keys = 0
  let lastString = ''
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null)
      if (open.length > deepest) return tooDeep(`The body is nested more than ${deepest} deep.`)
    } else if (token === '}' || token === ']') open.pop()
    else if (token !== ':') lastString = token
    else {
      if (++keys > mostKeys) return tooDeep(`The body has more than ${mostKeys} keys.`)
      const doubled = noteKey(open.at(-1) ?? null, lastString)
      if (doubled !== null) return doubled
    }
  }
  return null
}

function noteKey(keys: Set<string> | null, token: string): JsonFault | null {
  const key = JSON.parse(token) as string
  if (keys?.has(key) === true) {
    return { code: 'body-duplicate-key', detail: `An object names the key "${key.slice(0, 100)}" twice.` }
  }
  keys?.add(key)
  return null
}

function tooDeep(detail: string): JsonFault {
  return { code: 'body-too-deep', detail }
}
