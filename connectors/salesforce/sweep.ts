import type { DealChange } from '../../src/ports/crm.ts'
import { type Answer, answered } from '../../src/ports/answer.ts'
import { broken } from './answers.ts'
import type { JsonObject } from './exact-json.ts'
import { query, type Rows } from './query.ts'
import { widenId } from './record-id.ts'
import type { Session } from './session.ts'

/** Rows a call asks for at most: two pages of 2,000. */
const rowsPerCall = 4000

/**
 * Where a sweep stands. A first run looks for won deals only; `endsAt` is the newest stamp there was when it began, and the next
 * run goes on from there. `after` is the last row of a call that was not the last of its run: stamp and id together, because many
 * deals may share one stamp.
 */
type Mark = {
  readonly run: 'first' | 'following'
  readonly at: string | null
  readonly after: { readonly stamp: string; readonly id: string } | null
}

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
  const from = await startingMark(session, mark)
  if (from.kind !== 'ok') return from
  const answer = await query(
    session,
    soqlFor(from.value, overlapMilliseconds),
    from.value.run === 'following',
  )
  if (answer.kind !== 'ok') return answer
  const { rows, cutOff } = answer.value
  // An expired cursor costs nothing: the rows before it stand, and the next call goes on after them.
  const goesOn = cutOff?.kind === 'rejected' && cutOff.code === 'INVALID_QUERY_LOCATOR' && rows.length > 0
  if (cutOff !== null && !goesOn) return cutOff
  return sweptFrom(rows, from.value, goesOn || rows.length === rowsPerCall)
}

async function startingMark(session: Session, mark: string | null): Promise<Answer<Mark>> {
  const stored = mark === null ? null : readMark(mark)
  if (stored !== null) return answered(stored)
  const newest = await query(
    session,
    'SELECT SystemModstamp FROM Opportunity ORDER BY SystemModstamp DESC LIMIT 1',
  )
  if (newest.kind !== 'ok') return newest
  const [row] = newest.value.rows
  return answered({ run: 'first', at: row ? stampOf(row) : null, after: null })
}

function soqlFor({ run, at, after }: Mark, overlapMilliseconds: number): string {
  const conditions = run === 'first' ? ['IsWon = true'] : []
  if (after)
    conditions.push(
      `(SystemModstamp > ${after.stamp} OR (SystemModstamp = ${after.stamp} AND Id > '${after.id}'))`,
    )
  else if (run === 'following' && at)
    conditions.push(`SystemModstamp >= ${new Date(Date.parse(at) - overlapMilliseconds).toISOString()}`)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')} `
  return (
    `SELECT Id, SystemModstamp, IsWon, IsDeleted FROM Opportunity ${where}` +
    `ORDER BY SystemModstamp, Id LIMIT ${rowsPerCall}`
  )
}

function sweptFrom(rows: Rows['rows'], from: Mark, more: boolean): Answer<Swept> {
  const changes: DealChange[] = []
  for (const row of rows) {
    const modifiedAt = stampOf(row)
    if (typeof row['Id'] !== 'string' || modifiedAt === null) return broken('A swept deal has no id or stamp')
    const isClosedWon = row['IsWon'] === true && row['IsDeleted'] !== true
    changes.push({ dealId: widenId(row['Id']), modifiedAt, isClosedWon })
  }
  return answered({ changes, mark: JSON.stringify(nextMark(changes.at(-1), from, more)), more })
}

function nextMark(last: DealChange | undefined, from: Mark, more: boolean): Mark {
  if (more && last) return { ...from, after: { stamp: last.modifiedAt, id: last.dealId } }
  // A first run ends where it began in time: deals that were lost again while it ran have newer stamps.
  const at = from.run === 'first' ? from.at : latest(from.at, last?.modifiedAt ?? from.after?.stamp)
  return { run: at === null ? 'first' : 'following', at, after: null }
}

function latest(left: string | null, right: string | undefined): string | null {
  return right !== undefined && (left === null || right > left) ? right : left
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
    const mark = JSON.parse(text) as Mark
    return mark.run === 'first' || mark.run === 'following' ? mark : null
  } catch {
    return null
  }
}
