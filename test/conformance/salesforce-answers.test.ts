import { describe, expect, test } from 'vitest'
import { classifyBody, classifyResponse, classifySignIn } from '../../connectors/salesforce/answers.ts'
import { decimalText, parseExact } from '../../connectors/salesforce/exact-json.ts'
import { isRecordId, widenId } from '../../connectors/salesforce/record-id.ts'

const errors = (errorCode: string, message = 'because', fields?: string[]) =>
  JSON.stringify([{ message, errorCode, ...(fields ? { fields } : {}) }])

describe('an answer that is no success', () => {
  test.each([
    [401, errors('INVALID_SESSION_ID'), 'auth'],
    [403, errors('API_DISABLED_FOR_ORG'), 'auth'],
    [403, errors('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'), 'throttled'],
    [403, errors('INSUFFICIENT_ACCESS_OR_READONLY'), 'rejected'],
    [400, errors('UNABLE_TO_LOCK_ROW'), 'transient'],
    [500, errors('UNABLE_TO_LOCK_ROW'), 'transient'],
    [500, errors('UNKNOWN_EXCEPTION'), 'transient'],
    [503, errors('SERVER_UNAVAILABLE'), 'transient'],
    [503, '<html>maintenance</html>', 'transient'],
    [502, '', 'transient'],
    [429, 'slow down', 'throttled'],
    [400, errors('MALFORMED_QUERY'), 'rejected'],
    [400, errors('INVALID_FIELD'), 'rejected'],
    [400, errors('REQUIRED_FIELD_MISSING'), 'rejected'],
    [400, errors('DUPLICATE_VALUE'), 'conflict'],
    [404, errors('NOT_FOUND'), 'rejected'],
    [404, errors('ENTITY_IS_DELETED'), 'rejected'],
    [409, errors('CONFLICT'), 'conflict'],
    [412, errors('PRECONDITION_FAILED'), 'conflict'],
    [300, '["/services/data/v67.0/sobjects/Account/001"]', 'conflict'],
    [404, '<html>no such host</html>', 'broken'],
    [400, '{"error":"not a list"}', 'broken'],
    [302, '', 'broken'],
  ] as const)('%i %s is %s', (status, body, kind) => {
    expect(classifyResponse(status, body).kind).toBe(kind)
  })

  test('names the field where Salesforce does, in the list or in the sentence', () => {
    expect(classifyResponse(400, errors('STRING_TOO_LONG', 'too long', ['PO__c']))).toEqual({
      kind: 'rejected',
      code: 'STRING_TOO_LONG',
      detail: 'too long',
      field: 'PO__c',
    })
    expect(classifyResponse(400, errors('INVALID_FIELD', "No such column 'PO__c' on entity"))).toMatchObject({
      field: 'PO__c',
    })
    expect(classifyResponse(400, errors('MALFORMED_QUERY'))).toMatchObject({ field: null })
  })

  test('a spent day waits 15 minutes, too many at once wait 10 seconds', () => {
    const daily = errors('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
    const atOnce = errors('REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.')
    expect(classifyResponse(403, daily)).toEqual({ kind: 'throttled', retryAfterMilliseconds: 900_000 })
    expect(classifyResponse(403, atOnce)).toEqual({ kind: 'throttled', retryAfterMilliseconds: 10_000 })
  })
})

test.each([
  ['invalid_client', 'auth'],
  ['invalid_client_id', 'auth'],
  ['invalid_grant', 'auth'],
  ['unsupported_grant_type', 'auth'],
  ['server_error', 'transient'],
  ['ERROR_HTTP_503', 'transient'],
  ['ERROR_HTTP_429', 'throttled'],
  ['ERROR_HTTP_404', 'broken'],
] as const)('a token endpoint that says %s is %s', (error, kind) => {
  expect(classifySignIn(error, 'because').kind).toBe(kind)
})

test('a web page instead of JSON is broken, JSON cut short may come whole next time', () => {
  expect(classifyBody('<!doctype html><title>Login</title>').kind).toBe('broken')
  expect(classifyBody('{"records":[{"Id":"006').kind).toBe('transient')
})

test('amounts keep all their digits: 1.25E7 is 12500000, and 18 digits stay 18 digits', () => {
  const row = parseExact('{"a":1.25E7,"b":1234567890123456.78,"c":50009.60,"d":0.004}')
  expect(row).toEqual({ a: 12_500_000, b: '1234567890123456.78', c: 50_009.6, d: 0.004 })
  expect([1.25e21, '1234567890123456.78', 50_009.6, -0.5, null, 'x'].map(decimalText)).toEqual([
    '1250000000000000000000',
    '1234567890123456.78',
    '50009.6',
    '-0.5',
    null,
    null,
  ])
})

test('ids of 15 characters are widened to 18, and what is no id stays as it is', () => {
  expect(widenId('0013000000L8iJd')).toBe('0013000000L8iJdAAJ')
  expect(widenId('00D000000000001')).toBe('00D000000000001EAA')
  expect(widenId('006Qx0000000001IAA')).toBe('006Qx0000000001IAA')
  expect(widenId('deal-1')).toBe('deal-1')
  expect(['006000000000001', '006000000000001AAA'].every(isRecordId)).toBe(true)
  expect(['', '006', "006000000000001' OR", '006000000000001AA9'].some(isRecordId)).toBe(false)
})
