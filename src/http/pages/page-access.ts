import type { Context } from 'hono'
import { assertScope, keyOfSecret, type AccessContext } from '../access/authenticate.ts'
import type { ApiContext } from '../api/api-context.ts'
import type { ApiEnv } from '../foundation.ts'
import { ProblemError } from '../problem.ts'

export type PageContext = AccessContext &
  ApiContext & {
    /** Whether the pages are shown to whoever reaches them. Default: everywhere but where live money moves. */
    readonly openPages?: boolean
  }

/**
 * Whether a request may see the pages: where they are not open it must bear a key with `reports:read`, as a browser sends a password
 * (any name) or as a program sends a token.
 */
export async function mayLook(c: Context<ApiEnv>, context: PageContext): Promise<boolean> {
  if (context.openPages ?? context.environment !== 'live') return true
  const secret = secretIn(c.req.header('authorization') ?? '')
  if (secret === null) return false
  try {
    assertScope(await keyOfSecret(secret, context), 'reports:read')
    return true
  } catch (error) {
    if (error instanceof ProblemError) return false
    throw error
  }
}

/** Asks a browser for a password; the key is the password. */
export function askToSignIn(c: Context<ApiEnv>): Response {
  const headers = {
    'www-authenticate': 'Basic realm="Tieout: any name, and an API key as password", charset="UTF-8"',
  }
  return c.text('Sign in with an API key that has the scope reports:read.', 401, headers)
}

function secretIn(authorization: string): string | null {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return null
  const text = Buffer.from(value, 'base64').toString()
  return text.slice(text.indexOf(':') + 1)
}
