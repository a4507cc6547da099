import { createHmac } from 'node:crypto'

/** A token of token-based authentication and the integration it belongs to. */
export type TokenCredentials = {
  readonly consumerKey: string
  readonly consumerSecret: string
  readonly tokenId: string
  readonly tokenSecret: string
}

/**
 * Whether a request carries a good OAuth 1.0 signature (RFC 5849, 3.4, with HMAC-SHA256) for the account, and a nonce not seen before.
 * The timestamp is part of the signature, but its age is not judged: callers of token-based authentication use the machine's clock.
 */
export function isSigned(
  header: string,
  method: string,
  url: string,
  accountId: string,
  credentials: ReadonlyMap<string, TokenCredentials>,
  usedNonces: Set<string>,
): boolean {
  const sent = parametersOf(header)
  const known = credentials.get(sent.get('oauth_token') ?? '')
  const nonce = `${sent.get('oauth_token')} ${sent.get('oauth_timestamp')} ${sent.get('oauth_nonce')}`
  if (known === undefined || sent.get('oauth_consumer_key') !== known.consumerKey || usedNonces.has(nonce))
    return false
  if (sent.get('realm') !== accountId || sent.get('oauth_signature_method') !== 'HMAC-SHA256') return false
  const key = `${encoded(known.consumerSecret)}&${encoded(known.tokenSecret)}`
  const expected = createHmac('sha256', key)
    .update(baseString(method, url, sent))
    .digest('base64')
  const isGood = sent.get('oauth_signature') === expected
  if (isGood) usedNonces.add(nonce)
  return isGood
}

function parametersOf(header: string): Map<string, string> {
  const pairs = [...header.slice('OAuth '.length).matchAll(/(\w+)="([^"]*)"/g)]
  return new Map(pairs.map(([, name = '', value = '']) => [name, decodeURIComponent(value)]))
}

function baseString(method: string, url: string, sent: ReadonlyMap<string, string>): string {
  const { origin, pathname, searchParams } = new URL(url)
  const signed = [...sent].filter(([name]) => name !== 'realm' && name !== 'oauth_signature')
  const parameters = [...signed, ...searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&')
  return [method.toUpperCase(), encoded(`${origin}${pathname}`), encoded(parameters)].join('&')
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!*'()]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
