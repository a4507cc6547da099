import { Big } from 'big.js'
import { html, raw } from 'hono/html'
import { formatMoney } from '../../domain/money.ts'
import { groupDigits } from '../../domain/rating/explain.ts'
import type { Commitment } from '../commitments.ts'
import { day, panel, pill, table, type Html } from './parts.ts'

/** How customers' commitments burn down: used of included, what is left, and what use beyond it costs and why. */
export function burnDownPart(commitments: readonly Commitment[]): Html {
  if (commitments.length === 0) return html``
  const rows = table<Commitment>(
    'Commitments and what is used of them',
    [
      { head: 'Customer', cell: customer },
      { head: 'Used of what is included', cell: used },
      { head: 'Left', isNumber: true, cell: left },
      { head: 'Overage so far', cell: overage },
      { head: 'At this rate', cell: outlook },
    ],
    commitments,
  )
  return panel(
    'Commitments burning down',
    'The furthest first; overage as the next invoice will bill it.',
    rows,
  )
}

function customer({ customerName, contractNumber, standing: { product } }: Commitment): Html {
  return html`${customerName}<span class="sub"
      >${product.name}, <span class="whole">${contractNumber}</span></span
    >`
}

function used({ standing: { usedUnits, includedUnits, percentUsed }, told }: Commitment): Html {
  const words =
    percentUsed === null ? ', of which nothing is included' : ` of ${units(includedUnits)}: ${percentUsed} %`
  return html`<span class="burn"
    ><strong>${units(usedUnits)}</strong
    >${words}${percentUsed === null ? '' : burn(percentUsed)}${reached(told)}</span
  >`
}

/** The thresholds that were crossed, as they are told to whoever asked to hear of them. */
function reached(told: Commitment['told']): Html {
  if (told.length === 0) return html``
  const days = told.map(
    ({ percent, at }, index) =>
      html`${index === 0 ? '' : ', '}<span class="whole">${percent} % on ${day(at)}</span>`,
  )
  return html`<span class="sub">Reached ${days}</span>`
}

/** Up to all of it, a bar of what is used; beyond, the bar is all use, and a lighter, narrower part of it is overage. */
function burn(percentUsed: string): Html {
  const percent = new Big(percentUsed)
  const covered = percent.gt(100) ? new Big(10_000).div(percent).round(1) : percent
  const over = percent.gt(100)
    ? `<rect class="over" x="${covered}" y="0.3" width="${new Big(100).minus(covered)}" height="0.4" />`
    : ''
  const bars = `<rect width="${covered}" height="1" />${over}`
  return html`<span class="bar" aria-hidden="true"
    ><svg preserveAspectRatio="none" viewBox="0 0 100 1">${raw(bars)}</svg></span
  >`
}

function left({ standing: { remainingUnits, percentUsed, period } }: Commitment): Html {
  const rest = remainingUnits === '0' ? pill('wait', 'used up') : units(remainingUnits)
  return html`${percentUsed === null ? '–' : rest}<span class="sub">until ${period.endsBefore}</span>`
}

function overage({ standing }: Commitment): Html {
  if (standing.overage.amountMinor === 0n) return html`none`
  return html`${formatMoney(standing.overage)}<span class="sub">${standing.explanation}</span>`
}

function outlook({ forecast }: Commitment): Html {
  if (forecast === null) return html`–`
  const amount = forecast.amount.amountMinor === 0n ? 'no overage' : formatMoney(forecast.amount)
  return html`${units(new Big(forecast.units).round(0).toFixed())}<span class="sub">${amount}</span>`
}

function units(decimal: string): string {
  return groupDigits(new Big(decimal))
}
