import type { DealChange } from '../../src/ports/crm.ts'
import { type Answer, answered } from '../../src/ports/answer.ts'
import { broken } from './answers.ts'
import type { JsonObject } from './exact-json.ts'
import { query } from './query.ts'
import { widenId } from './record-id.ts'
import type { Session } from './session.ts'

/** Rows a call asks for at most: two pages of 2,000. */
const rowsPerCall = 4000

/**
 * Where a sweep stands. All changes up to `at` were seen; the first run, which looks for won deals only, has none. A run may take several
 * calls: `startedAt` is when it began, by Salesforce's own clock, and `after` the last row so far, stamp and id together, because
 * many deals may share one stamp.
 */
type Mark = {
  readonly at: string | null
  readonly startedAt: string | null
  readonly after: { readonly stamp: string; readonly id: string } | null
}

const nothingSeen: Mark = { at: null, startedAt: null, after: null }

export type Swept = { changes: DealChange[]; mark: string; more: boolean }

/**
 * Reads the next changes. The overlap is for transactions that were stamped before our last look and became visible after it.
 * Our own status writes are not left out: behind one of them may stand a change of somebody else that we have not seen.
 */
export async function sweep(
  session: Session,
  mark: string | null,
  overlapMilliseconds: number,
): Promise<Answer<Swept>> {
  const from = (mark === null ? null : readMark(mark)) ?? nothingSeen
  const askedAt = session.serverTime()
  const answer = await query(session, soqlFor(from, overlapMilliseconds), from.at !== null)
  if (answer.kind !== 'ok') return answer
  const { rows, cutOff } = answer.value
  // An expired cursor costs nothing: the rows before it stand, and the next call goes on after them.
  const goesOn = cutOff?.kind === 'rejected' && cutOff.code === 'INVALID_QUERY_LOCATOR' && rows.length > 0
  if (cutOff !== null && !goesOn) return cutOff
  const changes = rows.map(changeFrom)
  if (!changes.every((change) => change !== null)) return broken('A swept deal has no id or stamp')
  const startedAt = from.startedAt ?? (askedAt ?? session.serverTime())?.toISOString() ?? null
  const more = goesOn || rows.length === rowsPerCall
  const next = nextMark({ ...from, startedAt }, more ? changes.at(-1) : undefined)
  return answered({ changes, mark: JSON.stringify(next), more })
}

function soqlFor({ at, after }: Mark, overlapMilliseconds: number): string {
  const conditions = at === null ? ['IsWon = true'] : []
  if (after)
    conditions.push(
      `(SystemModstamp > ${after.stamp} OR (SystemModstamp = ${after.stamp} AND Id > '${after.id}'))`,
    )
  else if (at !== null)
    conditions.push(`SystemModstamp >= ${new Date(Date.parse(at) - overlapMilliseconds).toISOString()}`)
  return (
    `SELECT Id, SystemModstamp, IsWon, IsDeleted FROM Opportunity WHERE ${conditions.join(' AND ')} ` +
    `ORDER BY SystemModstamp, Id LIMIT ${rowsPerCall}`
  )
}

function changeFrom(row: JsonObject): DealChange | null {
  const modifiedAt = stampOf(row)
  if (typeof row['Id'] !== 'string' || modifiedAt === null) return null
  const isClosedWon = row['IsWon'] === true && row['IsDeleted'] !== true
  return { dealId: widenId(row['Id']), modifiedAt, isClosedWon }
}

/**
 * A run ends where it began in time, not at its last row: what was changed or became visible while it went on has to be seen by the next.
 * Without a word of Salesforce's clock nothing is taken as seen, and the next run looks again.
 */
function nextMark({ at, startedAt }: Mark, goesOnAfter: DealChange | undefined): Mark {
  if (goesOnAfter) return { at, startedAt, after: { stamp: goesOnAfter.modifiedAt, id: goesOnAfter.dealId } }
  const isLater = startedAt !== null && startedAt > (at ?? '')
  return { at: isLater ? startedAt : at, startedAt: null, after: null }
}

/** The stamp of a row in ISO form: Salesforce writes `+0000` where SOQL wants `Z`. */
function stampOf(row: JsonObject): string | null {
  const stamp = row['SystemModstamp']
  const milliseconds = typeof stamp === 'string' ? Date.parse(stamp) : Number.NaN
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString()
}

/** A mark we cannot read starts over, which costs time and loses nothing. */
function readMark(text: string): Mark | null {
  try {
    const mark = JSON.parse(text) as Partial<Mark> | null
    return mark && 'at' in mark && 'after' in mark ? { ...nothingSeen, ...mark } : null
  } catch {
    return null
  }
}
