import type { BillingStep } from '../../domain/billing-plan.ts'
import type { PlannedInvoice, PlannedMonth } from '../../domain/billing-preview.ts'
import type { BooksSettings } from '../../domain/books.ts'
import { entityOf } from '../../domain/books.ts'
import { addDays } from '../../domain/calendar.ts'
import { contractValue } from '../../domain/contract-value.ts'
import type { ContractLine, ContractTerms } from '../../domain/contract.ts'
import { isFixed } from '../../domain/contract.ts'
import { formatMoney } from '../../domain/money.ts'
import type { FoundPlan } from './deal-plan.ts'
import { outputWidth, pairs, table } from './table.ts'

const invoicesShown = 3

/** A plan for a person to read: what was agreed, what is made, and the money that follows. */
export function planText(found: FoundPlan, books: BooksSettings): string {
  const { deal, plan, mappingName } = found
  const title = `${deal.name}  (${deal.crm} ${deal.dealId}${deal.isClosedWon ? '' : ', not closed-won yet'})`
  if (plan.kind === 'ignored')
    return `${title}\nIt would be ignored by the rule "${plan.rule}" of the mapping ${mappingName}.`
  if (plan.kind === 'stopped') {
    const issues = plan.issues.map(({ code, sentence, action }) => `  ${code}: ${sentence}\n    → ${action}`)
    return [title, 'Nothing would be billed. What stops it:', ...issues].join('\n')
  }
  const { terms } = plan.version
  return [
    title,
    `Nothing was sent. This is what follows from the mapping ${mappingName}.`,
    '',
    agreed(terms, books),
    '',
    lineTable(terms.lines),
    '',
    stepText(plan.plan.steps, found.made),
    '',
    invoiceText(plan.invoices),
    '',
    revenueText(plan.revenue),
    ...plan.warnings.map(({ sentence }) => `\nMind: ${sentence}`),
  ].join('\n')
}

function agreed(terms: ContractTerms, books: BooksSettings): string {
  const { customer, collection, purchaseOrder, renewal } = terms
  const seller = entityOf(books, terms.entity)?.legalName
  const place = [customer.address?.city, customer.address?.state, customer.address?.country]
  return pairs([
    ['Customer', [customer.name, ...place].filter((part) => part !== undefined && part !== '').join(', ')],
    ['Invoices to', customer.billingEmail ?? 'no address yet'],
    ['Seller', `${terms.entity}${seller === undefined ? '' : ` (${seller})`}`],
    ['Term', `${terms.startsOn} to ${addDays(terms.endsBefore, -1)}`],
    [
      'Renewal',
      renewal.kind === 'none' ? 'none' : `every ${renewal.months} months, ${renewal.noticeDays} days' notice`,
    ],
    [
      'Collection',
      collection.kind === 'card' ? 'card, at once' : `invoice, due in ${collection.daysUntilDue} days`,
    ],
    ['PO', purchaseOrder?.number ?? 'none'],
    [
      'Worth',
      `${formatMoney(contractValue(terms))}${terms.lines.some(({ kind }) => kind === 'usage') ? ', and use on top' : ''}`,
    ],
  ])
}

function lineTable(lines: readonly ContractLine[]): string {
  const columns = [
    { heading: 'LINE', narrows: true },
    { heading: 'KIND' },
    { heading: 'QUANTITY', side: 'right' as const },
    { heading: 'PRICE', side: 'right' as const },
    { heading: 'BILLED' },
  ]
  return table(columns, lines.map(lineRow), outputWidth())
}

function lineRow(line: ContractLine): string[] {
  const name = line.description ?? line.product.name
  if (isFixed(line)) {
    const { quantity, unitPrice, billing } = line
    return [name, line.kind, quantity.toString(), formatMoney(unitPrice), rhythm(billing)]
  }
  if (line.kind === 'usage') {
    const [first] = line.tiers
    const price = `${first?.unitPrice ?? '0'} per ${line.unitSize}${line.tiers.length > 1 ? ' …' : ''}`
    return [name, 'usage', `${line.includedUnits} included`, price, rhythm(line.billing)]
  }
  return [name, line.kind, '1', formatMoney(line.price), `once, on ${line.chargedOn}`]
}

function rhythm({ months, timing }: { readonly months: number; readonly timing: string }): string {
  return `${months === 1 ? 'monthly' : `every ${months} months`} in ${timing}`
}

function stepText(steps: readonly BillingStep[], made: ReadonlyMap<string, string>): string {
  const columns = [{ heading: 'AT STRIPE' }, { heading: 'NAMED', narrows: true }, { heading: 'STANDS' }]
  const rows = steps.map((step) => [step.kind, step.opKey, made.get(step.opKey) ?? 'would be made, or found'])
  return table(columns, rows, outputWidth())
}

function invoiceText(invoices: readonly PlannedInvoice[]): string {
  const columns = [
    { heading: 'INVOICE' },
    { heading: 'FOR', narrows: true },
    { heading: 'SERVICE' },
    { heading: 'AMOUNT', side: 'right' as const },
  ]
  const rows = invoices
    .slice(0, invoicesShown)
    .flatMap(({ invoicedOn, lines, total }) => [
      ...lines.map(({ description, service, amount }, index) => [
        index === 0 ? invoicedOn : '',
        description,
        service.startsOn === service.endsBefore
          ? service.startsOn
          : `${service.startsOn} to ${addDays(service.endsBefore, -1)}`,
        amount === null ? 'by use' : formatMoney(amount),
      ]),
      ...(lines.length > 1 ? [['', 'before tax', '', formatMoney(total)]] : []),
    ])
  const rest = invoices.length - Math.min(invoicesShown, invoices.length)
  const more = rest === 0 ? '' : `\n… and ${rest} more, the last on ${invoices.at(-1)?.invoicedOn ?? ''}`
  return `${table(columns, rows, outputWidth())}${more}`
}

function revenueText(months: readonly PlannedMonth[]): string {
  const columns = [{ heading: 'MONTH' }, { heading: 'EARNED', side: 'right' as const }]
  return table(
    columns,
    months.map(({ month, earned }) => [month, formatMoney(earned)]),
    outputWidth(),
  )
}
