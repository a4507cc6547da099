import { expect, test } from 'vitest'
import { rawEventOf } from '../../connectors/kafka/record-event.ts'

const header = (name: string, text: string) => [Buffer.from(name), Buffer.from(text)] as const

test('a retraction in binary mode has headers and no value; any other message without a value is set aside', () => {
  const headers = [header('ce_specversion', '1.0'), header('ce_id', 'r'), header('ce_retracts', 'a')]
  for (const value of [null, Buffer.from('')])
    expect(rawEventOf({ value, headers }, 'events[0]@7')).toEqual({
      place: 'events[0]@7',
      kind: 'parts',
      event: { specversion: '1.0', id: 'r', retracts: 'a' },
    })
  const other = rawEventOf({ value: null, headers: headers.slice(0, 2) }, 'events[0]@8')
  expect(other).toMatchObject({ kind: 'unreadable', fault: { code: 'message-empty' } })
})
