import type { Issue } from '../domain/issue.ts'
import { issueOf, shorten } from '../domain/sentence.ts'
import type { Delivery } from '../ports/inbound.ts'
import type { IssueSubject } from '../store/exceptions.ts'
import { messageSubject, type Remembered } from '../store/inbox.ts'
import { mostSamples, type Refusals } from '../store/refused-usage.ts'

/** A delivery and what remembering it gave. */
export type Stored = Remembered & { readonly delivery: Delivery }

/** An issue and what it is about. */
export type MessageIssue = { readonly subject: IssueSubject; readonly issue: Issue }

/** One delivery id stood for two bodies. Nothing is undone by it, but somebody must learn which of the two is true. */
export function changedBody(stored: Stored): MessageIssue {
  const { provider, deliveryId } = stored.delivery
  const finding = {
    code: 'EVENT_BODY_CHANGED',
    field: 'body',
    label: `A message from ${provider}`,
    found: deliveryId,
    cause: 'event-body-changed',
  } as const
  return { subject: aboutMessage(stored), issue: issueOf(finding) }
}

/** A CRM's message we cannot read. The sweep needs no messages, so no deal is lost. */
export function unreadable(stored: Stored): MessageIssue {
  const { provider, type } = stored.delivery
  const finding = {
    code: 'EVENT_UNREADABLE',
    field: 'dealId',
    label: `A message from ${provider} of type`,
    found: type,
    cause: `${provider} sends ${type}`,
  } as const
  return { subject: aboutMessage(stored), issue: issueOf(finding) }
}

/** Refused usage of one source. */
export type RefusedUse = { readonly source: string; readonly refusals: readonly Refusals[] }

/** Usage that cannot be counted is told by its source and code, because one exception for each message would bury everything else. */
export function refusedUse(stored: readonly Stored[]): RefusedUse[] {
  const refused = stored.filter(({ delivery }) => delivery.refusedUsage !== undefined)
  const bySource = Map.groupBy(refused, ({ delivery: { provider, account } }) => `${provider}:${account}`)
  return [...bySource].map(([source, messages]) => {
    const byCode = Map.groupBy(messages, ({ delivery }) => delivery.refusedUsage?.code ?? '')
    const refusals = [...byCode].map(([code, alike]) => ({
      code,
      count: alike.length,
      samples: alike.slice(-mostSamples).toReversed().map(sampleOf),
    }))
    return { source, refusals }
  })
}

const longestSampleCharacters = 2_000

function sampleOf({ seq, delivery: { body, refusedUsage } }: Stored): Refusals['samples'][number] {
  const found = body.slice(0, longestSampleCharacters).toWellFormed()
  return { place: `message ${seq}`, found, why: shorten(refusedUsage?.why ?? '') }
}

function aboutMessage({ delivery, seq }: Stored): IssueSubject {
  const queue = delivery.provider === 'stripe' ? 'book-fact' : 'intake-deal'
  return { queue, subjectKind: 'delivery', subject: messageSubject(seq), caseId: null }
}
