import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { formatMoney, type Money } from '../../domain/money.ts'

/** A piece of a page; everything put into one is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** How something stands, by color and, because color alone tells too little, by a sign. */
export type Tone = 'good' | 'bad' | 'wait' | 'plain'

const signs: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', wait: '…', plain: '' }

/** A word with a sign and a color. */
export function pill(tone: Tone, word: string): Html {
  const sign = signs[tone] === '' ? '' : html`<span aria-hidden="true">${signs[tone]}</span>`
  return html`<span class="pill ${tone}">${sign}${word}</span>`
}

export type Column<Row> = {
  readonly head: string
  readonly isNumber?: boolean
  cell(row: Row): Html | string
}

/**
 * A table whose first column names the row. On a narrow page each row becomes a block; the roles keep it a table for those who hear it,
 * because changing how it is shown would take them away.
 */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  return html`<table role="table">
    <caption class="hidden">
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          ({ head, isNumber }) =>
            html`<th role="columnheader" scope="col" class="${isNumber === true ? 'end' : ''}">${head}</th>`,
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (row) =>
          html`<tr role="row">
            ${columns.map((column, index) => cell(column, row, index === 0))}
          </tr>`,
      )}
    </tbody>
  </table>`
}

function cell<Row>(column: Column<Row>, row: Row, isFirst: boolean): Html {
  const content = column.cell(row)
  if (isFirst) return html`<th role="rowheader" scope="row">${content}</th>`
  const className = column.isNumber === true ? 'end' : ''
  return html`<td role="cell" class="${className}" data-name="${column.head}"><span>${content}</span></td>`
}

const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
})

/** An instant, in words and for machines. */
export function when(instant: Date): Html {
  return html`<time datetime="${instant.toISOString()}">${dayAndTime.format(instant)} UTC</time>`
}

const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** The day of an instant, in words and for machines. */
export function day(instant: Date): Html {
  return html`<time datetime="${instant.toISOString()}">${dayAndMonth.format(instant)}</time>`
}

const monthAndYear = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** A month of the books in words: `January 2026`. */
export function monthName(month: string): string {
  return monthAndYear.format(new Date(`${month}-01T00:00:00Z`))
}

/** Amounts of several currencies in one line; a dash when there is none. */
export function amounts(sums: readonly Money[]): string {
  return sums.length === 0 ? '–' : sums.map(formatMoney).join(' + ')
}

/** A whole number in groups of three. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 deal`, `2 deals`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** How much of a whole, as a bar; the words beside it say the same. */
export function bar(part: number, whole: number): Html {
  const percent = whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10
  return html`<div class="bar" aria-hidden="true">
    <svg preserveAspectRatio="none" viewBox="0 0 100 1">${raw(`<rect width="${percent}" height="1" />`)}</svg>
  </div>`
}

/** A part of a page with a title. */
export function panel(title: string, note: Html | string, content: Html): Html {
  const id = title.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return html`<section aria-labelledby="${id}">
    <div class="top">
      <h2 id="${id}">${title}</h2>
      <p>${note}</p>
    </div>
    ${content}
  </section>`
}
