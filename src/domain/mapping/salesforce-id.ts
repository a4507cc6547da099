const suffixLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * A Salesforce id of 15 characters, where case matters, as the same id of 18, where it does not: each of three more letters
 * says which of five characters are capitals. Everything else stays as it is.
 */
export function wideSalesforceId(id: string): string {
  if (!/^(?=.*[a-zA-Z])[a-zA-Z0-9]{15}$/.test(id)) return id
  const suffix = [0, 5, 10].map((start) => {
    const bits = Array.from(id.slice(start, start + 5), (letter, place) =>
      /[A-Z]/.test(letter) ? 1 << place : 0,
    )
    return suffixLetters[bits.reduce((total, bit) => total + bit, 0)]
  })
  return id + suffix.join('')
}
