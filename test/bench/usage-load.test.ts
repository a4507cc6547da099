import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { eventText, framings, usageLoad } from './usage-load.ts'
import { usageSender } from './usage-sender.ts'

const at = new Date('2026-01-20T12:00:00Z')
const textOf = eventText('e', ['cus-1', 'customer-22', 'c3'], at)

type Event = { readonly id: string; readonly subject: string }

test('a batch of 1,000 is JSON of 1,000 events with ids of their own, and the next batch has others', () => {
  const load = usageLoad(textOf, framings.batch)
  const events = [load.next(1_000), load.next(1_000), load.next(1_000)].flatMap(
    (body) => JSON.parse(body.toString()) as Event[],
  )
  expect(events).toHaveLength(3_000)
  expect(new Set(events.map(({ id }) => id)).size).toBe(3_000)
  expect(events[0]).toMatchObject({ id: 'e-000000000001', subject: 'cus-1' })
  expect(events[1]).toMatchObject({ id: 'e-000000000002', subject: 'customer-22' })
  expect([load.distinct, load.repeats]).toEqual([3_000, 0])
})

test('of 10 % sent before, each repeats an earlier event byte for byte, and the counts say how many', () => {
  const load = usageLoad(textOf, framings.lines)
  const lines = Array.from({ length: 30 }, () => load.next(1_000, 0.1).toString())
    .join('')
    .trimEnd()
    .split('\n')
  const ids = lines.map((line) => (JSON.parse(line) as Event).id)
  expect(lines).toHaveLength(30_000)
  expect(new Set(lines).size).toBe(load.distinct)
  expect(new Set(ids).size).toBe(load.distinct)
  expect(load.repeats).toBe(30_000 - load.distinct)
  // The first 2,000 have nothing before them.
  expect(load.repeats / 28_000).toBeCloseTo(0.1, 2)
})

test('single events are one after the other, and what does not divide 2,000 is refused', () => {
  const load = usageLoad(textOf, framings.single)
  expect([load.next(1), load.next(1)].map((body) => (JSON.parse(body.toString()) as Event).id)).toEqual([
    'e-000000000001',
    'e-000000000002',
  ])
  expect(() => load.next(3)).toThrow('3 does not divide 2000')
})

test("the hub's own counts are added up from receipts and from the last line of a stream; what is refused is kept", async () => {
  const answers = [
    {
      status: 202,
      text: `{"object":"usage_receipt","accepted":990,"unmatched":2,"duplicates":8,"results":[${'{"state":"accepted","duplicate":false},'.repeat(3_000)}{}]}`,
    },
    {
      status: 200,
      text: `${'{"object":"usage_acknowledgement","through":9}\n'.repeat(9_000)}{"object":"usage_stream_receipt","lines":7,"accepted":5,"unmatched":0,"duplicates":2}\n`,
    },
    { status: 429, text: '{"code":"usage-queue-full"}' },
  ]
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      const { status, text } = answers.shift() ?? { status: 500, text: '' }
      response.writeHead(status).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sender = usageSender(`http://127.0.0.1:${port}`, 'secret')
  for (let request = 0; request < 3; request++) await sender.post('/', 'text/plain', 'x')
  await sender.close()
  server.close()
  expect(sender.acknowledged).toEqual({ accepted: 997, duplicates: 10 })
  expect(sender.refusals).toEqual(['429 {"code":"usage-queue-full"}'])
})
