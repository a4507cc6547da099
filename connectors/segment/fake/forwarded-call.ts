type Call = Readonly<Record<string, unknown>>

/** The calls of the tracking API. */
export const callNames: readonly string[] = ['track', 'identify', 'page', 'screen', 'group', 'alias']

/**
 * A call as Segment forwards it: with an id of its own where the sender gave none, and its time put right by how far the sender's clock was
 * off. Source: Segment's spec, "Common Fields", on the four timestamps.
 */
export function forwardedCall(
  name: string,
  call: Call,
  { now, number }: { now: Date; number: number },
): Call {
  const originalTimestamp = textOr(call['timestamp'], now.toISOString())
  const sentAt = textOr(call['sentAt'], now.toISOString())
  const skew = now.getTime() - Date.parse(sentAt)
  return {
    anonymousId: null,
    context: {},
    integrations: {},
    messageId: `api-${String(number).padStart(12, '0')}`,
    ...call,
    type: name,
    version: 2,
    channel: 'server',
    originalTimestamp,
    sentAt,
    receivedAt: now.toISOString(),
    timestamp: new Date(Date.parse(originalTimestamp) + skew).toISOString(),
  }
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}
