import { html } from 'hono/html'
import type { DealState } from '../../domain/deal.ts'
import { contractValue } from '../../domain/contract-value.ts'
import { addDays } from '../../domain/calendar.ts'
import { decimalsOf, formatMoney, fromDecimal } from '../../domain/money.ts'
import type { TaxIdStatus } from '../../domain/tax-id-check.ts'
import type { DealDetail } from '../deal-detail.ts'
import { layout, type PageOptions } from './layout.ts'
import { panel, pill, when, type Html, type Tone } from './parts.ts'

/** What a state means to somebody in sales. */
const standings: Readonly<Record<DealState, { tone: Tone; word: string; sentence: string }>> = {
  seen: { tone: 'wait', word: 'Queued', sentence: 'The deal was seen and will be checked in a moment.' },
  qualified: { tone: 'wait', word: 'Checking', sentence: 'The deal is being checked.' },
  planned: {
    tone: 'wait',
    word: 'Provisioning',
    sentence: 'The contract is drafted and billing is being set up.',
  },
  provisioning: { tone: 'wait', word: 'Provisioning', sentence: 'Billing is being set up.' },
  active: { tone: 'good', word: 'Active', sentence: 'Billing is set up.' },
  exception: {
    tone: 'bad',
    word: 'Needs fix',
    sentence: 'Something needs to be fixed before billing can begin.',
  },
  ignored: { tone: 'plain', word: 'Ignored', sentence: 'This deal is not billed.' },
  superseded: { tone: 'plain', word: 'Ignored', sentence: 'A later closing of this deal took its place.' },
}

const refreshSeconds = 15

/** The page behind the link in the CRM: where the deal stands, what to do, and what happened. */
export function dealPage(detail: DealDetail, environment: PageOptions['environment']): Html {
  const { held, timeline } = detail
  const { tone, word, sentence } = standings[held.state]
  const name = held.name ?? held.dealId
  const isMoving = tone === 'wait'
  const open = detail.exceptions.filter(({ state }) => state === 'open')
  const story = html`<ol class="story">
    ${timeline.map(
      ({ at, title, detail: words }) =>
        html`<li>
          ${when(at)}<span>${title}${words === null ? '' : html`<span class="sub">${words}</span>`}</span>
        </li>`,
    )}
  </ol>`
  return layout(
    { title: `${name}: ${word}`, environment, ...(isMoving ? { refreshSeconds } : {}) },
    html`<h1>${name}</h1>
      <p class="lead">${pill(tone, word)}</p>
      ${
        open.length === 0
          ? html`<div class="call ${tone}">
              <p class="what">${sentence}</p>
              ${reason(held.stateDetail)}
            </div>`
          : open.map(
              (exception) =>
                html`<div class="call bad">
                  <p class="what">${exception.sentence}</p>
                  <p>${exception.action}</p>
                </div>`,
            )
      }
      ${panel('The deal', '', facts(detail))} ${panel('What happened', '', story)}`,
  )
}

function reason(detail: string | null): Html {
  return detail === null ? html`` : html`<p>${detail}</p>`
}

/** How the check of a tax id stands; only a verified one is good. */
const tones: Readonly<Record<TaxIdStatus, Tone>> = {
  pending: 'wait',
  verified: 'good',
  unverified: 'bad',
  unavailable: 'plain',
  removed: 'plain',
}

function facts({ held, contract, taxIds }: DealDetail): Html {
  const rows: readonly (readonly [string, Html | string | null])[] = [
    ['Account', held.accountName],
    ['Amount in the CRM', amountOf(held)],
    ['Closed on', held.closedOn],
    ['Contract', contract?.number ?? null],
    ['Contract value', contract === null ? null : formatMoney(contractValue(contract.version.terms))],
    ['Served', contract === null ? null : `${contract.startsOn} to ${addDays(contract.endsBefore, -1)}`],
    ['Subscription', contract?.subscriptionId ?? null],
    ...taxIds.map(
      ({ type, value, status }) =>
        ['Tax id', html`${value} (${type}) ${pill(tones[status], status)}`] as const,
    ),
    ['In the CRM', crmLink(held.url, held.dealId)],
  ]
  return html`<dl class="facts">
    ${rows
      .filter(([, value]) => value !== null)
      .map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
  </dl>`
}

/** The amount as the CRM wrote it, in groups of three where it is an amount of its currency. */
function amountOf({ amount, currency }: DealDetail['held']): string | null {
  if (amount === null || currency === null) return amount
  const isPlain =
    /^-?\d{1,15}(\.\d+)?$/.test(amount) && (amount.split('.')[1] ?? '').length <= decimalsOf(currency)
  return isPlain ? formatMoney(fromDecimal(currency, amount)) : `${amount} ${currency}`
}

/** Only addresses of the web become links; anything else is shown as it is. */
function crmLink(url: string | null, dealId: string): Html | string {
  return url !== null && /^https?:\/\//i.test(url)
    ? html`<a href="${url}" rel="noreferrer">${dealId}</a>`
    : dealId
}

/** The page of a deal that is not there. */
export function noDealPage(environment: PageOptions['environment']): Html {
  return layout(
    { title: 'No such deal', environment },
    html`<h1>There is no such deal</h1>
      <p class="lead">The link may be cut off, or the deal belongs to another deployment.</p>`,
  )
}
