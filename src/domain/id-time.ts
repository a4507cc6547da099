const uuidOfTime = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** When an id says it was made, in milliseconds since 1970: a UUID of version 7 does (RFC 9562, 5.7). Null for any other id. */
export function timeOfId(id: string): number | null {
  if (id.length !== 36 || !uuidOfTime.test(id)) return null
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
