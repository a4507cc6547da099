import { lateAfterMilliseconds } from '../domain/event-reading.ts'
import { GrowingBytes } from '../domain/growing-bytes.ts'
import { plainParts, type PlainBatch, type PlainEvent } from '../domain/plain-event.ts'
import type { UsageOutcome } from '../store/accept-corrections.ts'
import { resultOf } from './event-results.ts'

const usualResultBytes = 180
const comma = 44

/**
 * The receipt of a batch that stays in its bytes, as JSON: what `receipt` says of other batches, without an object for each result. `refused`
 * counts the events that were not kept.
 */
export function plainReceipt(
  batch: PlainBatch,
  outcomes: readonly UsageOutcome[],
  now: Date,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly refused: number } {
  const { events } = batch
  const counted = { accepted: 0, unmatched: 0, duplicate: 0, refused: 0 }
  for (const outcome of outcomes) counted[stateOf(outcome) ?? 'refused']++
  const bytes = new GrowingBytes((events.length + 1) * usualResultBytes)
  const { accepted, unmatched, duplicate, refused } = counted
  bytes.word(`{"object":"usage_receipt","accepted":${accepted},"unmatched":${unmatched},`)
  bytes.word(`"duplicates":${duplicate},"refused":${refused},"results":[`)
  const lateBefore = now.getTime() - lateAfterMilliseconds
  for (const event of events) {
    if (event.index > 0) bytes.byte(comma)
    addResult(bytes, event, outcomes[event.index] as UsageOutcome, event.atMilliseconds < lateBefore)
  }
  bytes.word(']}')
  return { bytes: bytes.written, refused }
}

type Taken = 'accepted' | 'unmatched' | 'duplicate'

/** What became of an event that is kept; null of one that is not. */
function stateOf(outcome: UsageOutcome): Taken | null {
  return typeof outcome === 'object' || outcome === 'conflict' ? null : outcome
}

function addResult(bytes: GrowingBytes, event: PlainEvent, outcome: UsageOutcome, late: boolean): void {
  const { batch, index } = event
  const state = stateOf(outcome)
  if (state === null) return bytes.text(JSON.stringify({ index, ...resultOf(event, late, outcome) }))
  bytes.word('{"index":')
  bytes.word(String(index))
  bytes.word(',"source":"')
  bytes.part(batch.bytes, batch.startOf(index, plainParts.source), batch.endOf(index, plainParts.source))
  bytes.word('","id":"')
  bytes.part(batch.bytes, batch.startOf(index, plainParts.id), batch.endOf(index, plainParts.id))
  bytes.word('","status":202,"state":"')
  bytes.word(state)
  bytes.word(state === 'duplicate' ? '","duplicate":true,"late":' : '","duplicate":false,"late":')
  bytes.word(late ? 'true}' : 'false}')
}
