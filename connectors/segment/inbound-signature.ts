const algorithm = { name: 'HMAC', hash: 'SHA-1' }

/**
 * Whether a text bears the HMAC-SHA1, in hexadecimal, of one of these secrets. Every secret is tried; the comparison takes the same time
 * wherever the first difference lies.
 */
export async function isSignedByOneOf(
  secrets: readonly string[],
  signature: string,
  text: string,
): Promise<boolean> {
  const given = bytesOfHex(signature)
  if (given === null) return false
  const encoder = new TextEncoder()
  const fits = await Promise.all(
    secrets.map(async (secret) => {
      const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['verify'])
      return crypto.subtle.verify('HMAC', key, given, encoder.encode(text))
    }),
  )
  return fits.includes(true)
}

function bytesOfHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[0-9a-f]{40}$/i.test(text)) return null
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
