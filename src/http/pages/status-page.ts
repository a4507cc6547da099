import { html } from 'hono/html'
import type { DealState } from '../../domain/deal.ts'
import { sum } from '../../domain/money.ts'
import type { StoredJournal } from '../../store/journals.ts'
import type { MonthStanding } from '../month-overview.ts'
import { tiesOut, type TieOutState } from '../tie-out-state.ts'
import { burnDownPart } from './burn-down.ts'
import { layout, type PageOptions } from './layout.ts'
import {
  amounts,
  bar,
  counted,
  grouped,
  monthName,
  panel,
  pill,
  table,
  when,
  type Html,
  type Tone,
} from './parts.ts'
import type { Status, Waiting } from './status-state.ts'

/** The demo plays a month in half a minute, and somebody watches. */
const refreshSeconds = { demo: 2, test: 15, live: 15 } as const

/** The status page: does every number tie out, and if not, what does a person do. */
export function statusPage(status: Status, environment: PageOptions['environment']): Html {
  const { at } = status
  const seconds = refreshSeconds[environment]
  return layout(
    { title: 'Tieout: status', environment, refreshSeconds: seconds },
    html`<h1>${verdict(status)}</h1>
      <p class="lead">As of ${when(at)}. This page looks again every ${seconds} seconds.</p>
      ${cards(status)} ${waitingPart(status)} ${burnDownPart(status.commitments)}
      ${tieOutPart(status.tieOuts)} ${differencePart(status.tieOuts)} ${flowPart(status)}
      ${monthPart(status.months)} ${journalPart(status.journals)}`,
  )
}

function verdict({ tieOuts, causeCount }: Status): string {
  const differing = tieOuts.filter((state) => !tiesOut(state)).length
  const waiting = `${counted(causeCount, 'cause')} ${causeCount === 1 ? 'waits' : 'wait'} for a person`
  if (tieOuts.every(({ run }) => run === null))
    return causeCount === 0
      ? 'The books have not been compared yet'
      : `${waiting}; the books have not been compared yet`
  if (differing > 0)
    return `${differing} of ${tieOuts.length} tie-outs ${differing === 1 ? 'does' : 'do'} not agree`
  return causeCount === 0 ? 'Every number ties out' : `Every number ties out; ${waiting}`
}

function dealsIn({ deals }: Status, ...states: readonly DealState[]): number {
  return states.reduce((total, state) => total + (deals.get(state) ?? 0), 0)
}

function cards(status: Status): Html {
  const won =
    [...status.deals.values()].reduce((total, count) => total + count, 0) - dealsIn(status, 'superseded')
  const active = dealsIn(status, 'active')
  const stopped = dealsIn(status, 'exception')
  const agreeing = status.tieOuts.filter(tiesOut).length
  const closed = lastClosed(status.months)
  return html`<ul class="cards">
    ${card(
      'Deals won, then active',
      `${grouped(active)} of ${grouped(won)}`,
      won > 0 && active === won ? 'good' : 'plain',
      [
        bar(active, won),
        html`<p class="note">
          ${counted(dealsIn(status, 'ignored'), 'deal')} ignored by a rule or a person
        </p>`,
      ],
    )}
    ${card('Waiting for a person', counted(stopped, 'deal'), status.causeCount > 0 ? 'bad' : 'good', [
      html`<p class="note">
        ${
          status.causeCount === 0
            ? 'nothing is held up'
            : html`${counted(status.causeCount, 'cause')}, ${amounts(status.blocked)} held up`
        }
      </p>`,
    ])}
    ${card(
      'Tie-outs',
      `${agreeing} of ${status.tieOuts.length}`,
      agreeing === status.tieOuts.length ? 'good' : 'bad',
      [html`<p class="note">pairs of books compared and equal</p>`],
    )}
    ${card(
      'Books',
      closed === null ? 'Nothing closed' : monthName(closed.month),
      closed === null ? 'plain' : 'good',
      [
        html`<p class="note">
          ${closed === null ? 'no month is closed yet' : `the last month closed, for ${closed.entity.id}`}
        </p>`,
      ],
    )}
  </ul>`
}

function card(name: string, figure: string, tone: Tone, notes: readonly Html[]): Html {
  return html`<li class="card ${tone}">
    <p class="name">${name}</p>
    <p class="figure">${figure}</p>
    ${notes}
  </li>`
}

function lastClosed(months: readonly MonthStanding[]): MonthStanding | null {
  const closed = months.filter(({ state }) => state === 'closed')
  return closed.toSorted((left, right) => (left.month < right.month ? 1 : -1))[0] ?? null
}

function waitingPart({ waiting, causeCount }: Status): Html {
  const title = 'Next steps'
  if (waiting.length === 0) return panel(title, '', html`<p class="empty">Nothing waits for a person.</p>`)
  const rows = table<Waiting>(
    'Causes that wait for a person',
    [
      { head: 'What to do', cell: ({ action, cause }) => html`${action}<span class="sub">${cause}</span>` },
      { head: 'Code', cell: ({ code }) => html`<code>${code}</code>` },
      { head: 'Who', cell: ({ owner }) => owner },
      { head: 'Stopped', isNumber: true, cell: ({ count }) => grouped(count) },
      { head: 'Money held up', isNumber: true, cell: (group) => amounts(group.amounts) },
    ],
    waiting,
  )
  const note =
    causeCount > waiting.length
      ? `The ${waiting.length} largest of ${causeCount} causes.`
      : 'Mend a cause once; it releases all it stops.'
  return panel(title, note, rows)
}

function tieOutPart(states: readonly TieOutState[]): Html {
  const rows = table<TieOutState>(
    'The seven tie-outs',
    [
      { head: 'From', cell: ({ from, name }) => html`${capital(from)}<span class="sub">${name}</span>` },
      { head: 'To', cell: ({ to }) => html`${capital(to)}` },
      { head: 'Result', cell: result },
      { head: 'Compared', isNumber: true, cell: ({ run }) => (run === null ? '–' : grouped(run.population)) },
      { head: 'When', cell: ({ run }) => (run?.finishedAt ? when(run.finishedAt) : '–') },
    ],
    states,
  )
  return panel('The seven tie-outs', 'Each number is followed from one book into the next.', rows)
}

function result(state: TieOutState): Html {
  const { run } = state
  if (run === null) return pill('plain', 'not compared yet')
  if (run.state === 'failed')
    return html`${pill('wait', 'could not be compared')}<span class="sub">${run.stateDetail}</span>`
  return tiesOut(state) ? pill('good', 'agrees') : pill('bad', counted(run.differenceCount, 'difference'))
}

function differencePart(states: readonly TieOutState[]): Html {
  const all = states.flatMap(({ name, differences }) =>
    differences.map((difference) => ({ name, ...difference })),
  )
  if (all.length === 0) return html``
  const content = table<(typeof all)[number]>(
    'Differences found',
    [
      { head: 'Difference', cell: ({ subject, cause }) => html`${subject}<span class="sub">${cause}</span>` },
      { head: 'Tie-out', cell: ({ name }) => name },
      { head: 'Expected', isNumber: true, cell: ({ expected }) => expected ?? 'nothing' },
      { head: 'Found', isNumber: true, cell: ({ found }) => found ?? 'nothing' },
    ],
    all,
  )
  return panel('Differences', 'The first of each tie-out; the API lists more.', content)
}

const steps: readonly {
  readonly states: readonly DealState[]
  readonly name: string
  readonly stops?: boolean
}[] = [
  { states: ['seen', 'qualified'], name: 'seen' },
  { states: ['planned'], name: 'contract drafted' },
  { states: ['provisioning'], name: 'billing being set up' },
  { states: ['active'], name: 'active' },
  { states: ['exception'], name: 'waiting for a person', stops: true },
  { states: ['ignored', 'superseded'], name: 'not billed' },
]

function flowPart(status: Status): Html {
  const items = steps.map(({ states, name, stops }) => {
    const count = dealsIn(status, ...states)
    const className = count === 0 ? '' : stops === true ? 'stop' : 'some'
    return html`<li class="${className}"><strong>${grouped(count)}</strong><span>${name}</span></li>`
  })
  const note =
    status.pendingWork === 0
      ? 'No work is pending.'
      : `${counted(status.pendingWork, 'piece')} of work pending.`
  return panel(
    'Where deals stand',
    note,
    html`<ol class="steps">
      ${items}
    </ol>`,
  )
}

const monthsShown = 12

function monthPart(months: readonly MonthStanding[]): Html {
  const entities = Map.groupBy(months, ({ entity }) => entity.id)
  const rows = [...entities.values()].flatMap((own) => own.slice(0, monthsShown))
  if (rows.length === 0) return panel('Months', '', html`<p class="empty">Nothing is booked yet.</p>`)
  const content = table<MonthStanding>(
    'Months of the books by entity',
    [
      { head: 'Month', cell: ({ month }) => monthName(month) },
      {
        head: 'Entity',
        cell: ({ entity }) => html`${entity.id}<span class="sub">${entity.legalName}</span>`,
      },
      { head: 'State', cell: monthPill },
      { head: 'Closed', cell: ({ closedAt }) => (closedAt === null ? '–' : when(closedAt)) },
      { head: 'Journals', cell: journalWords },
    ],
    rows,
  )
  return panel('Months', `The last ${monthsShown} of each entity.`, content)
}

function monthPill({ state, hasEnded, blockers }: MonthStanding): Html {
  if (state === 'closed') return pill('good', 'closed')
  if (blockers.length > 0)
    return html`${pill('bad', `${counted(blockers.length, 'exception')} before closing`)}<span class="sub"
        >${blockers[0]?.sentence}</span
      >`
  if (state === 'closing') return pill('wait', 'closing')
  return hasEnded ? pill('wait', 'ended, to be closed') : pill('plain', 'under way')
}

function journalWords({ journals: { drafted, posted, held } }: MonthStanding): string {
  const words = [
    posted > 0 ? `${posted} posted` : '',
    drafted > 0 ? `${drafted} to be posted` : '',
    held > 0 ? `${held} held` : '',
  ].filter((word) => word !== '')
  return words.length === 0 ? '–' : words.join(', ')
}

function journalPart(journals: readonly StoredJournal[]): Html {
  if (journals.length === 0)
    return panel('Latest journals', '', html`<p class="empty">No journal is drafted yet.</p>`)
  const content = table<StoredJournal>(
    'The latest journals for the ERP',
    [
      { head: 'Journal', cell: ({ externalId }) => html`<code>${externalId}</code>` },
      { head: 'Month', cell: ({ month, entity }) => `${monthName(month)}, ${entity}` },
      { head: 'State', cell: ({ state, stateDetail }) => journalPill(state, stateDetail) },
      { head: 'In the ERP', cell: ({ erpId }) => (erpId === null ? '–' : html`<code>${erpId}</code>`) },
      { head: 'Debits', isNumber: true, cell: (journal) => amounts([debits(journal)]) },
    ],
    journals,
  )
  return panel('Latest journals', 'Each sums up ledger transactions and is posted exactly once.', content)
}

function journalPill(state: StoredJournal['state'], detail: string | null): Html {
  if (state === 'posted') return pill('good', 'posted')
  if (state === 'drafted') return pill('wait', 'to be posted')
  return html`${pill('bad', 'held')}<span class="sub">${detail}</span>`
}

function debits({ currency, entry }: StoredJournal) {
  return sum(
    currency,
    entry.lines.filter(({ side }) => side === 'debit').map(({ amount }) => amount),
  )
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
