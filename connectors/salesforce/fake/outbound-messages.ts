import type { Random } from '../../../src/ports/random.ts'
import { fraction } from '../../../src/ports/random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import type { Organization } from './organization.ts'
import type { Change, StoredRecord } from './record-store.ts'

type Message = {
  readonly id: string
  readonly recordId: string
  readonly enqueuedAt: number
  attempts: number
  dueAt: number
}

export type MessageCounts = {
  readonly enqueued: number
  readonly acknowledged: number
  readonly dropped: number
  readonly waiting: number
}

/** The outbound-message queue: at least once, in no order, with the newest values, tried for 24 hours. */
export type OutboundMessages = {
  enqueue(change: Change): void
  pump(): Promise<number>
  nextDueAt(): Date | null
  /** Sends the next `times` requests twice. */
  deliverTwice(times: number): void
  /** Sends waiting messages in any order from now on. */
  shuffle(): void
  counts(): MessageCounts
}

export type OutboundOptions = {
  readonly organization: Organization
  readonly url: string
  readonly deliver: Transport
  readonly random: Random
}

const perRequest = 100
const firstGap = 15_000
const longestGap = 2 * 3_600_000
const keptMilliseconds = 24 * 3_600_000

/** The fields an administrator ticked for the message. */
const messageFields = ['Id', 'AccountId', 'IsWon', 'LastModifiedById', 'StageName', 'SystemModstamp']

/** Makes the queue for one endpoint. */
export function outboundMessages(options: OutboundOptions): OutboundMessages {
  const { organization } = options
  const state = {
    waiting: [] as Message[],
    enqueued: 0,
    acknowledged: 0,
    dropped: 0,
    twice: 0,
    shuffled: false,
  }
  const now = () => organization.now().getTime()
  const dropOld = () => {
    const young = state.waiting.filter(({ enqueuedAt }) => now() - enqueuedAt < keptMilliseconds)
    state.dropped += state.waiting.length - young.length
    state.waiting = young
  }
  const settle = (batch: readonly Message[], isAcknowledged: boolean) => {
    for (const message of batch) {
      message.attempts += 1
      message.dueAt = now() + Math.min(longestGap, firstGap * 2 ** (message.attempts - 1))
    }
    if (!isAcknowledged) return
    const done = new Set(batch)
    state.waiting = state.waiting.filter((message) => !done.has(message))
    state.acknowledged += batch.length
  }
  return {
    enqueue({ after }) {
      const id = `04lQx${(++state.enqueued).toString().padStart(10, '0')}AAA`
      state.waiting.push({ id, recordId: after.Id, enqueuedAt: now(), attempts: 0, dueAt: now() })
    },
    async pump() {
      dropOld()
      const due = state.waiting.filter(({ dueAt }) => dueAt <= now())
      if (state.shuffled) shuffleInPlace(due, options.random)
      let requests = 0
      for (let start = 0; start < due.length; start += perRequest) {
        const batch = due.slice(start, start + perRequest)
        const times = state.twice > 0 ? 2 : 1
        state.twice = Math.max(0, state.twice - 1)
        let isAcknowledged = false
        for (let time = 0; time < times; time++) isAcknowledged = await post(options, batch)
        requests += times
        settle(batch, isAcknowledged)
      }
      return requests
    },
    nextDueAt: () =>
      state.waiting.length === 0 ? null : new Date(Math.min(...state.waiting.map(({ dueAt }) => dueAt))),
    deliverTwice: (times) => void (state.twice += times),
    shuffle: () => void (state.shuffled = true),
    counts: () => ({
      enqueued: state.enqueued,
      acknowledged: state.acknowledged,
      dropped: state.dropped,
      waiting: state.waiting.length,
    }),
  }
}

function shuffleInPlace(messages: Message[], random: Random): void {
  for (let index = messages.length - 1; index > 0; index--) {
    const other = Math.floor(fraction(random) * (index + 1))
    const [left, right] = [messages[index], messages[other]]
    if (left && right) [messages[index], messages[other]] = [right, left]
  }
}

/** Only a 200 with `Ack` true counts; anything else is tried again. */
async function post(
  { organization, url, deliver }: OutboundOptions,
  batch: readonly Message[],
): Promise<boolean> {
  try {
    const response = await deliver(url, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
      body: envelope(organization, url, batch),
    })
    const body = await response.text()
    return response.status === 200 && /<(?:\w+:)?Ack>\s*true\s*</.test(body)
  } catch {
    return false
  }
}

function envelope(organization: Organization, url: string, batch: readonly Message[]): string {
  const service = `${new URL(url).origin}/services/Soap`
  const notifications = batch.map(({ id, recordId }) => {
    const record = organization.store.find(recordId)
    return `<Notification><Id>${id}</Id>${sObject(record)}</Notification>`
  })
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    '<soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">' +
    `<OrganizationId>${organization.id}</OrganizationId><ActionId>04kQx0000000001AAE</ActionId>` +
    `<SessionId xsi:nil="true"/><EnterpriseUrl>${service}/c/67.0</EnterpriseUrl>` +
    `<PartnerUrl>${service}/u/67.0</PartnerUrl>${notifications.join('')}` +
    '</notifications></soapenv:Body></soapenv:Envelope>'
  )
}

/** A record deleted meanwhile leaves a message without content. */
function sObject(record: StoredRecord | null): string {
  if (!record || record['IsDeleted'] === true) return '<sObject xsi:nil="true"/>'
  const fields = messageFields.flatMap((name) => {
    const value = record[name] ?? null
    return value === null ? [] : [`<sf:${name}>${escaped(String(value))}</sf:${name}>`]
  })
  return (
    '<sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">' +
    `${fields.join('')}</sObject>`
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
