import { apiJsonLimits, readStrictJson, type JsonLimits } from '../domain/strict-json.ts'
import { ProblemError } from './problem.ts'

/**
 * Parses JSON and refuses what JSON.parse would take silently: a key named twice in one object, nesting without end. Throws ProblemError
 * (400): `body-syntax` with the place, `body-duplicate-key`, `body-too-deep`.
 */
export function parseStrictJson(text: string, limits: JsonLimits = apiJsonLimits): unknown {
  const read = readStrictJson(text, limits)
  if (!read.ok) throw new ProblemError({ status: 400, ...read.error })
  return read.value
}
