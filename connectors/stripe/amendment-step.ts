import type { Stripe } from 'stripe'
import type { CustomerEmailStep, InvoiceReferencesStep } from '../../src/domain/billing-plan.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { Performed } from '../../src/ports/billing.ts'
import type { Connection, StepHandler } from './connection.ts'
import { idOf, performed } from './connection.ts'
import { contractOf } from './facts/invoice-lines.ts'
import type { HeldSubscription } from './held-subscription.ts'
import { isOver, isRunning, readSubscription } from './held-subscription.ts'
import { allOf } from './paging.ts'

/** The e-mail that drafts and later invoices of a customer go to. */
export const customerEmailStep: StepHandler<CustomerEmailStep> = {
  async perform({ stripe, calls }, step, ids) {
    const { email } = step
    const answer = await calls.write(step.opKey, (options) =>
      stripe.customers.update(idOf(ids, step.customerRef), { email }, options),
    )
    if (answer.kind !== 'ok') return answer
    return performed(answer.value, 'customer', { email }, (held) => ({ email: held.email }))
  },

  async find({ stripe, calls }, step, ids) {
    const answer = await calls.read(() => stripe.customers.retrieve(idOf(ids, step.customerRef)))
    return mapAnswer(answer, (held) =>
      'email' in held && held.email === step.email ? { providerId: held.id, drift: [] } : null,
    )
  },
}

/**
 * The references that invoices show from now on. Stripe copies them into an invoice when it makes the draft, so after the schedule and the
 * subscription, from which later invoices take them, the drafts that are there already are changed too; final invoices never are.
 */
export const invoiceReferencesStep: StepHandler<InvoiceReferencesStep> = {
  async perform(connection, step, ids) {
    const found = await outdated(connection, step, ids)
    if (found.kind !== 'ok') return found
    for (const { name, write } of found.value) {
      const answer = await connection.calls.write(`${step.opKey}/${name}`, write)
      // A draft that became final in between keeps what it shows.
      if (answer.kind !== 'ok' && !(answer.kind === 'locked' && name.startsWith('in_'))) return answer
    }
    const left = await outdated(connection, step, ids)
    return mapAnswer(left, (names) => ({
      providerId: idOf(ids, step.subscriptionRef),
      drift: names.map(({ name }) => `custom fields of ${name}`),
    }))
  },

  async find(connection, step, ids) {
    const found = await outdated(connection, step, ids)
    if (found.kind !== 'ok') return found
    const done: Performed = { providerId: idOf(ids, step.subscriptionRef), drift: [] }
    return answered(found.value.length === 0 ? done : null)
  },
}

/** An object that shows other references, and the call that changes them. */
type Outdated = {
  readonly name: string
  readonly write: (options: { idempotencyKey: string }) => Promise<unknown>
}

/** What shows other references than it should: first what invoices are made from, then the drafts. */
async function outdated(
  connection: Connection,
  step: InvoiceReferencesStep,
  ids: Parameters<StepHandler<InvoiceReferencesStep>['find']>[2],
): Promise<Answer<Outdated[]>> {
  const { stripe, calls } = connection
  const held = await readSubscription(connection, idOf(ids, step.subscriptionRef))
  if (held.kind !== 'ok') return held
  const customer = idOf(ids, step.customerRef)
  const drafts = await allOf(calls, (page) => stripe.invoices.list({ ...page, customer, status: 'draft' }))
  return mapAnswer(drafts, (all) => [
    ...sourcesOf(connection, step, held.value),
    ...all
      .filter((draft) => contractOf(draft) === step.contractId && differs(step, draft.custom_fields))
      .map(({ id }) => ({
        name: id,
        write: (options: { idempotencyKey: string }) =>
          stripe.invoices.update(id, { custom_fields: asked(step) }, options),
      })),
  ])
}

/** A subscription under a schedule takes its terms from it again with each phase, so both are changed. */
function sourcesOf(
  { stripe }: Connection,
  step: InvoiceReferencesStep,
  { schedule, subscription }: HeldSubscription,
): Outdated[] {
  const invoice_settings = { custom_fields: asked(step) }
  const sources: Outdated[] = []
  if (
    schedule !== null &&
    isRunning(schedule) &&
    differs(step, schedule.default_settings.invoice_settings.custom_fields)
  )
    sources.push({
      name: schedule.id,
      write: (options) =>
        stripe.subscriptionSchedules.update(schedule.id, { default_settings: { invoice_settings } }, options),
    })
  if (
    subscription !== null &&
    !isOver(subscription) &&
    differs(step, subscription.invoice_settings.custom_fields)
  )
    sources.push({
      name: subscription.id,
      write: (options) => stripe.subscriptions.update(subscription.id, { invoice_settings }, options),
    })
  return sources
}

/** An empty list would leave them as they are; an empty text clears them. */
function asked({ customFields }: InvoiceReferencesStep): Stripe.Emptyable<{ name: string; value: string }[]> {
  return customFields.length === 0 ? '' : customFields.map(({ name, value }) => ({ name, value }))
}

type HeldFields = readonly { readonly name: string; readonly value: string }[] | null | undefined

function differs({ customFields }: InvoiceReferencesStep, held: HeldFields): boolean {
  const written = (fields: HeldFields) =>
    JSON.stringify((fields ?? []).map(({ name, value }) => [name, value]))
  return written(held) !== written(customFields)
}
