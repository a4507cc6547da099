import { describe, expect, test } from 'vitest'
import { classifyReply, isReadable } from '../../connectors/hubspot/answers.ts'

const noonInNewYork = { now: new Date('2026-11-20T17:00:00Z'), timeZone: 'America/New_York' }

function classed(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
  context = noonInNewYork,
) {
  return classifyReply(
    { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
    context,
  )
}

const error = (category: string, more: object = {}) => ({
  status: 'error',
  message: 'No.',
  correlationId: 'c0ffee',
  category,
  ...more,
})

describe('how an answer of HubSpot is classed', () => {
  test.each([
    ['401 without a valid token', 401, error('INVALID_AUTHENTICATION'), 'auth'],
    ['401 with an expired token', 401, error('EXPIRED_AUTHENTICATION'), 'auth'],
    ['403 for a missing scope', 403, error('MISSING_SCOPES'), 'auth'],
    ['403 for another reason', 403, error('BANNED'), 'rejected'],
    ['400 for a bad value', 400, error('VALIDATION_ERROR'), 'rejected'],
    ['404', 404, error('OBJECT_NOT_FOUND'), 'rejected'],
    ['405', 405, error('METHOD_NOT_ALLOWED'), 'rejected'],
    ['409', 409, error('CONFLICT'), 'conflict'],
    ['414', 414, error('URI_TOO_LONG'), 'rejected'],
    ['408', 408, '', 'transient'],
    ['423 while an account is being written to too fast', 423, error('LOCKED'), 'throttled'],
    ['429', 429, { policyName: 'SECONDLY' }, 'throttled'],
    ['429 as a web page', 429, '<html>slow down</html>', 'throttled'],
    ['477 while the account moves', 477, error('MIGRATING'), 'transient'],
    ['500', 500, error('INTERNAL'), 'transient'],
    ['502 as a web page', 502, '<html>Bad gateway</html>', 'transient'],
    ['503', 503, '', 'transient'],
    ['504', 504, '', 'transient'],
    ['521', 521, 'error code: 521', 'transient'],
    ['524', 524, 'error code: 524', 'transient'],
    ['200 as a web page', 200, '<html>Sign in</html>', 'broken'],
    ['200 cut short', 200, '{"results": [', 'transient'],
    ['200 with nothing', 200, '', 'transient'],
    ['200 with a mere number', 200, '7', 'broken'],
    ['302', 302, '', 'broken'],
    ['403 as a web page', 403, '<html>Blocked</html>', 'broken'],
    ['404 as a web page', 404, '<html>Nothing here</html>', 'broken'],
  ])('%s: %s', (_title, status, body, kind) => {
    expect(classed(status, body).kind).toBe(kind)
    expect(
      isReadable({ status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ).toBe(false)
  })
})

describe('throttled', () => {
  test.each([
    ['one second', { policyName: 'SECONDLY' }, {}, 1000],
    ['ten seconds', { policyName: 'TEN_SECONDLY_ROLLING' }, {}, 10_000],
    ['ten seconds when no limit is named', {}, {}, 10_000],
    ['as long as Retry-After says', { policyName: 'TEN_SECONDLY_ROLLING' }, { 'retry-after': '3' }, 3000],
    ['an hour at most for the daily limit', { policyName: 'DAILY' }, {}, 3_600_000],
  ])('waits %s', (_title, body, headers, retryAfterMilliseconds) => {
    expect(classed(429, body, headers)).toEqual({ kind: 'throttled', retryAfterMilliseconds })
  })
})

describe('what an answer tells', () => {
  test('the daily limit ends at midnight of the account: 25 minutes at 23:35 in New York', () => {
    const late = { ...noonInNewYork, now: new Date('2026-11-21T04:35:00Z') }
    expect(classed(429, { policyName: 'DAILY' }, {}, late)).toEqual({
      kind: 'throttled',
      retryAfterMilliseconds: 1_500_000,
    })
  })

  test('a refused value names the property and the rule, also when both are told inside the message', () => {
    const listed = [
      { isValid: false, message: 'No such option', error: 'INVALID_OPTION', name: 'tieout_status' },
    ]
    const body = error('VALIDATION_ERROR', {
      message: `Property values were not valid: ${JSON.stringify(listed)}`,
    })
    expect(classed(400, body)).toMatchObject({
      kind: 'rejected',
      code: 'INVALID_OPTION',
      field: 'tieout_status',
    })
  })

  test('missing scopes are named', () => {
    const errors = [{ message: 'required', context: { requiredGranularScopes: ['crm.objects.deals.write'] } }]
    expect(classed(403, error('MISSING_SCOPES', { errors }))).toEqual({
      kind: 'auth',
      detail: 'HubSpot answered 403: No. Missing: crm.objects.deals.write.',
    })
  })

  test.each([
    ['JSON', 200, '{"results":[]}'],
    ['partly done', 207, '{"results":[]}'],
    ['nothing, with 204', 204, ''],
  ])('a success that can be read is not classed: %s', (_title, status, body) => {
    expect(isReadable({ status, headers: {}, body })).toBe(true)
  })
})
