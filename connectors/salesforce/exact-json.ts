import { Big } from 'big.js'

/** What a Salesforce answer is made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

export type JsonObject = { readonly [name: string]: Json }

/**
 * Parses JSON without losing digits: a number that a double cannot hold stays the text the vendor wrote, in plain notation
 * (Salesforce writes amounts from ten million on as `1.0E7`). Throws SyntaxError.
 */
export function parseExact(text: string): Json {
  return JSON.parse(text, (_name: string, value: Json, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined) return value
    const written = new Big(context.source)
    return written.eq(value) ? value : written.toFixed()
  }) as Json
}

/** Whether a value is an object with names, not a list and not null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Writes a number as plain decimal text: `5e7` becomes `50000000`. Null for anything that is no number. */
export function decimalText(value: Json | undefined): string | null {
  if (typeof value === 'number') return new Big(value).toFixed()
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? value : null
}
