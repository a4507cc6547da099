import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import type { PublicObjectSearchRequest } from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Crm, DealChange } from '../../src/ports/crm.ts'
import type { Connection } from './connection.ts'
import type { StageOfDeal, WonJudge } from './stages.ts'
import type { SweepPosition } from './sweep-mark.ts'
import { markAtRest, markUnderWay, positionOf, restingAt } from './sweep-mark.ts'

export type SweepOptions = {
  readonly connection: Connection
  readonly judge: WonJudge
  /** Longer than a change may take to reach the search index. */
  readonly overlapMilliseconds: number
  readonly pagesPerCall: number
  /** Between two searches: a portal takes four to five a second. */
  readonly pauseMilliseconds: number
}

const pageSize = 200

/** Finds the deals changed since a mark: the `sweep` of the port. */
export function sweeper(options: SweepOptions): Crm['sweep'] {
  return async (mark) => {
    const { clock } = options.connection
    const seen = new Map<string, DealChange>()
    let position = positionOf(mark, clock.now(), options.overlapMilliseconds)
    for (let page = 0; page < options.pagesPerCall; page++) {
      if (page > 0) await clock.sleep(options.pauseMilliseconds)
      const found = await readPage(options, position)
      // What the pages before brought is kept; the next call meets the trouble again, if it is still there.
      if (found.kind !== 'ok') return page === 0 ? found : soFar(seen, position)
      for (const change of found.value) seen.set(change.dealId, change)
      const next = advanced(position, found.value)
      if (next === null) return answered(finished(seen, position, mark))
      position = next
    }
    return soFar(seen, position)
  }
}

type Swept = { changes: DealChange[]; mark: string; more: boolean }

function soFar(seen: ReadonlyMap<string, DealChange>, position: SweepPosition): Answer<Swept> {
  return answered({ changes: oldestFirst(seen), mark: markUnderWay(position), more: true })
}

function finished(
  seen: ReadonlyMap<string, DealChange>,
  { beganAt, from }: SweepPosition,
  mark: string | null,
): Swept {
  const changes = oldestFirst(seen)
  const newest = changes.at(-1)?.modifiedAt
  const reached = newest === undefined ? (restingAt(mark) ?? from) : Date.parse(newest)
  return { changes, mark: markAtRest(beganAt, reached), more: false }
}

function oldestFirst(seen: ReadonlyMap<string, DealChange>): DealChange[] {
  return [...seen.values()].sort(
    (left, right) =>
      Date.parse(left.modifiedAt) - Date.parse(right.modifiedAt) ||
      Number(left.dealId) - Number(right.dealId),
  )
}

/**
 * Where the next page begins, or null after the last. Each page is a query of its own from the last instant seen: paging by offset
 * would skip a deal whenever one changes meanwhile, and ends at 10,000 results. When one instant fills a page, its deals are gone
 * through by id, then time goes on.
 */
function advanced(position: SweepPosition, page: readonly DealChange[]): SweepPosition | null {
  const isFull = page.length === pageSize
  if (position.afterId !== null) {
    if (!isFull) return { ...position, from: position.from + 1, afterId: null }
    return { ...position, afterId: String(Math.max(...page.map(({ dealId }) => Number(dealId)))) }
  }
  if (!isFull) return null
  const last = Math.max(...page.map(({ modifiedAt }) => Date.parse(modifiedAt)))
  return last > position.from ? { ...position, from: last } : { ...position, afterId: '0' }
}

async function readPage(options: SweepOptions, position: SweepPosition): Promise<Answer<DealChange[]>> {
  const { connection } = options
  const reply = await connection.call(() => connection.search.doSearch('deals', searchFrom(position)))
  if (reply.kind !== 'ok') return reply
  if (!Array.isArray(reply.value.results)) return { kind: 'broken', detail: 'A search without results' }
  const deals = reply.value.results.map(({ id, properties }) => ({ id, properties: withNulls(properties) }))
  const unclear = deals.find(({ properties }) =>
    Number.isNaN(Date.parse(properties.hs_lastmodifieddate ?? '')),
  )
  if (unclear !== undefined) return { kind: 'broken', detail: `Deal ${unclear.id} says not when it changed` }
  const won = await options.judge(deals.map(({ properties }) => properties))
  if (won.kind !== 'ok') return won
  return answered(
    deals.map(({ id, properties }, index) => ({
      dealId: id,
      modifiedAt: properties.hs_lastmodifieddate ?? '',
      isClosedWon: won.value[index] === true,
    })),
  )
}

function withNulls(
  properties: Readonly<Record<string, string | null>>,
): StageOfDeal & { hs_lastmodifieddate: string | null } {
  return {
    pipeline: properties['pipeline'] ?? null,
    dealstage: properties['dealstage'] ?? null,
    hs_is_closed_won: properties['hs_is_closed_won'] ?? null,
    hs_lastmodifieddate: properties['hs_lastmodifieddate'] ?? null,
  }
}

function searchFrom({ from, afterId }: SweepPosition): PublicObjectSearchRequest {
  const changed = (operator: FilterOperatorEnum) => ({
    propertyName: 'hs_lastmodifieddate',
    operator,
    value: String(from),
  })
  const byTime = [changed(FilterOperatorEnum.Gte)]
  const byId = [
    changed(FilterOperatorEnum.Gte),
    changed(FilterOperatorEnum.Lte),
    { propertyName: 'hs_object_id', operator: FilterOperatorEnum.Gt, value: afterId ?? '0' },
  ]
  return {
    filterGroups: [{ filters: afterId === null ? byTime : byId }],
    sorts: [afterId === null ? 'hs_lastmodifieddate' : 'hs_object_id'],
    properties: ['hs_lastmodifieddate', 'dealstage', 'pipeline', 'hs_is_closed_won'],
    limit: pageSize,
  }
}
