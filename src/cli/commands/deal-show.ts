import { contractValue } from '../../domain/contract-value.ts'
import { addDays } from '../../domain/calendar.ts'
import { formatMoney } from '../../domain/money.ts'
import { contractHeadOut, taxIdOut } from '../../http/api/contract-shapes.ts'
import { dealOut } from '../../http/api/deal-shapes.ts'
import { exceptionOut } from '../../http/api/exception-shapes.ts'
import type { DealDetail } from '../../http/deal-detail.ts'
import { dealNamed, loadDealDetail } from '../../http/deal-detail.ts'
import type { StoredContract } from '../../store/contracts.ts'
import type { Exception } from '../../store/exceptions.ts'
import { withDatabase } from './command-database.ts'
import { dealAmount } from './deal-list.ts'
import type { Outcome, Session } from './run-command.ts'
import { pairs } from './table.ts'

/** `tieout deals show`. Throws ProblemError when no deal is known by the id, or several are. */
export function showDeal(session: Session, id: string): Promise<Outcome> {
  return withDatabase(session, async ({ store }) => {
    const detail = await loadDealDetail(store.read, await dealNamed(store.read, id))
    const open = detail.exceptions.filter(({ state }) => state === 'open')
    const first = open[0]
    return {
      data: dataOf(detail, open),
      text: textOf(detail, open),
      ...(first === undefined
        ? {}
        : { next: `tieout exceptions replay ${first.exceptionId}    once it is mended` }),
    }
  })
}

function dataOf({ held, contract, taxIds, timeline }: DealDetail, open: readonly Exception[]) {
  return {
    ...dealOut(held),
    issues: open.map(exceptionOut),
    contract: contract === null ? null : contractHeadOut(contract),
    tax_ids: taxIds.map(taxIdOut),
    timeline: timeline.map(({ providerId, ...entry }) => ({ ...entry, provider_id: providerId })),
  }
}

function textOf({ held, contract, taxIds, timeline }: DealDetail, open: readonly Exception[]): string {
  const head = pairs([
    ['Deal', `${held.name ?? held.dealId}  (${held.crm} ${held.dealId})`],
    ['Account', held.accountName ?? ''],
    ['State', held.stateDetail === null ? held.state : `${held.state}: ${held.stateDetail}`],
    ['Amount', dealAmount(held)],
    ['Closed', held.closedOn ?? ''],
    ['CRM says', [held.writtenStatus, held.writtenMessage].filter((part) => part !== null).join(': ')],
    ['Link', held.url ?? ''],
    ...(contract === null ? [] : contractPairs(contract)),
    ...taxIds.map(({ type, value, status }) => ['Tax id', `${value} (${type}), ${status}`] as const),
  ])
  const stops = open.map(({ code, sentence, action }) => `  ${code}: ${sentence}\n    → ${action}`)
  const story = timeline.map(({ at, title, detail, providerId }) =>
    [`  ${at.toISOString().slice(0, 16).replace('T', ' ')}`, title, providerId, detail]
      .filter((part) => part !== null)
      .join('  '),
  )
  return [
    head,
    ...(stops.length > 0 ? ['', 'What stops it', ...stops] : []),
    ...(story.length > 0 ? ['', 'What happened', ...story] : []),
  ].join('\n')
}

function contractPairs(contract: StoredContract): (readonly [string, string])[] {
  const { number, state, version, startsOn, endsBefore, subscriptionId } = contract
  return [
    ['Contract', `${number} v${version.version}, ${state}, sold by ${contract.entity}`],
    ['Term', `${startsOn} to ${addDays(endsBefore, -1)}`],
    ['Worth', `${formatMoney(contractValue(version.terms))}, and use on top where it is sold`],
    ['Subscription', subscriptionId ?? 'not made yet'],
  ]
}
