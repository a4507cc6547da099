/** An answer of NetSuite before anyone judges it. Header names are lower case. */
export type NetSuiteResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** What a call carries besides its method and path. */
export type NetSuiteRequest = {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Signs a request and brings back the answer, whatever its status. `path` stands below `/services/rest/`, such as
 * `record/v1/journalEntry`. Rejects with NotSentError when the request certainly never left, and with any other error when the
 * answer was lost.
 */
export interface NetSuiteTransport {
  request(method: string, path: string, request: NetSuiteRequest): Promise<NetSuiteResponse>
}

/** The request did not reach NetSuite: sending it again is safe, also when it writes. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
}

/** How long a call may take. Journals of a thousand lines have been seen to need a minute. */
export const callTimeoutMilliseconds = 120_000

/** The host of an account: `1234567_SB1` is served at `1234567-sb1.suitetalk.api.netsuite.com`. */
export function netSuiteBaseUrl(accountId: string): string {
  return `https://${accountId.toLowerCase().replaceAll('_', '-')}.suitetalk.api.netsuite.com`
}

/** The account id as sign-in headers write it: `1234567-sb1` is the realm `1234567_SB1`. */
export function realmOf(accountId: string): string {
  return accountId.toUpperCase().replaceAll('-', '_')
}

/** Codes of failures that come before the first byte of a request leaves. */
const unsentCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** Tells a failure of the network that certainly came before the request from one that may have come after it. */
export function networkFailure(error: unknown): Error {
  const failure = error instanceof Error ? error : new Error(String(error))
  const code = codeOf(failure) ?? codeOf(failure.cause)
  return code !== undefined && unsentCodes.includes(code)
    ? new NotSentError(`NetSuite was not reached: ${code}`, { cause: failure })
    : failure
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
