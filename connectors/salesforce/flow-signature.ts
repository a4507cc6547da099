/** A signature as it came: when it was made, and one or more candidates. */
export type Signature = { readonly seconds: number; readonly candidates: readonly Uint8Array<ArrayBuffer>[] }

const toleranceSeconds = 300

/** Reads `t=<unix seconds>,v1=<64 hex digits>`, the latter perhaps several times. Null when it has another form. */
export function parseSignature(header: string | null): Signature | null {
  const parts = (header ?? '').split(',').map((part) => part.trim().split('='))
  const times = parts.filter(([name]) => name === 't').map(([, value = '']) => value)
  const candidates = parts.filter(([name]) => name === 'v1').map(([, value = '']) => value)
  const [time = ''] = times
  if (times.length !== 1 || !/^\d{1,12}$/.test(time)) return null
  if (candidates.length === 0 || candidates.length > 10) return null
  if (!candidates.every((candidate) => /^[0-9a-f]{64}$/i.test(candidate))) return null
  return { seconds: Number(time), candidates: candidates.map(bytesOf) }
}

/** Whether a signature was made within 300 seconds of an instant, before or after. */
export function isFresh({ seconds }: Signature, at: Date): boolean {
  return Math.abs(at.getTime() / 1000 - seconds) <= toleranceSeconds
}

/** Whether any candidate is the HMAC-SHA256 of `t.body` under any secret. Web Crypto compares in constant time. */
export async function signatureFits(
  { seconds, candidates }: Signature,
  secrets: readonly string[],
  body: string,
): Promise<boolean> {
  const encoder = new TextEncoder()
  const signed = encoder.encode(`${seconds}.${body}`)
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  let fits = false
  for (const secret of secrets) {
    const key = await crypto.subtle.importKey('raw', encoder.encode(secret), hmac, false, ['verify'])
    for (const candidate of candidates)
      if (await crypto.subtle.verify('HMAC', key, candidate, signed)) fits = true
  }
  return fits
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  )
}
