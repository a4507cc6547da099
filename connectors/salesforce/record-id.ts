const checksumAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** Whether a text has the form of a Salesforce id: 15 case-sensitive characters, or those and a checksum of three. */
export function isRecordId(text: string): boolean {
  return /^[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?$/.test(text)
}

/**
 * Widens an id of 15 characters to the 18 of the API, so that one record has one name: each checksum character says which of
 * five characters are capitals. Ids of 18 characters, and texts that are no ids, come back as they are.
 */
export function widenId(id: string): string {
  if (id.length !== 15 || !isRecordId(id)) return id
  return id + [0, 5, 10].map((start) => checksumOf(id.slice(start, start + 5))).join('')
}

function checksumOf(five: string): string {
  const capitals = Array.from(five, (character, index) => (/[A-Z]/.test(character) ? 1 << index : 0))
  return checksumAlphabet[capitals.reduce((total, bit) => total + bit, 0)] ?? ''
}
