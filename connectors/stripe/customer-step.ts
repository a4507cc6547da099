import type { Stripe } from 'stripe'
import type { CustomerStep, TaxIdStep } from '../../src/domain/billing-plan.ts'
import type { Address } from '../../src/domain/contract.ts'
import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Performed } from '../../src/ports/billing.ts'
import type { StepHandler } from './connection.ts'
import { idOf, ourKeys, performed } from './connection.ts'
import type { PageAsked } from './paging.ts'
import { firstIn } from './paging.ts'

/** A customer, known by our metadata. */
export const customerStep: StepHandler<CustomerStep> = {
  async perform({ stripe, calls }, step) {
    const { name, email, address, metadata } = step
    const answer = await calls.write(step.opKey, (options) =>
      stripe.customers.create(
        {
          name,
          metadata,
          ...(email === null ? {} : { email }),
          ...(address === null ? {} : { address: stripeAddress(address) }),
        },
        options,
      ),
    )
    return answer.kind === 'ok' ? compareCustomer(step, answer.value) : answer
  },

  /** Looks among the customers of the e-mail first, then among all: the e-mail may have been changed since. */
  async find({ stripe, calls }, step) {
    const { email } = step
    const isOurs = ({ metadata }: Stripe.Customer) =>
      Object.entries(step.metadata).every(([key, value]) => metadata[key] === value)
    const byEmail =
      email === null
        ? answered(null)
        : await firstIn(calls, (page) => stripe.customers.list({ ...page, email }), isOurs)
    if (byEmail.kind !== 'ok') return byEmail
    const found = byEmail.value
      ? byEmail
      : await firstIn(calls, (page: PageAsked) => stripe.customers.list(page), isOurs)
    if (found.kind !== 'ok') return found
    return found.value === null ? answered(null) : compareCustomer(step, found.value)
  },
}

function stripeAddress({ line1, line2, city, postalCode, state, country }: Address): Stripe.AddressParam {
  const parts = { line1, line2, city, postal_code: postalCode, state, country }
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined))
}

/** E-mail and address may be corrected later in either place, so they are no drift. */
function compareCustomer(step: CustomerStep, customer: Stripe.Customer): Answer<Performed> {
  return performed(
    customer,
    'customer',
    { name: step.name, metadata: step.metadata },
    ({ name, metadata }) => ({ name, metadata: ourKeys(metadata, step.metadata) }),
  )
}

/** A tax id of a customer. Stripe checks it later and tells by `customer.tax_id.updated`. */
export const taxIdStep: StepHandler<TaxIdStep> = {
  async perform({ stripe, calls }, step, ids) {
    const { type, value } = step as { type: Stripe.CustomerCreateTaxIdParams.Type; value: string }
    const answer = await calls.write(step.opKey, (options) =>
      stripe.customers.createTaxId(idOf(ids, step.customerRef), { type, value }, options),
    )
    return answer.kind === 'ok' ? compareTaxId(step, answer.value) : answer
  },

  async find(connection, step, ids) {
    const { stripe, calls } = connection
    const customer = idOf(ids, step.customerRef)
    const found = await firstIn(
      calls,
      (page) => stripe.customers.listTaxIds(customer, page),
      (taxId) => taxId.type === step.type && compact(taxId.value) === compact(step.value),
    )
    if (found.kind !== 'ok') return found
    return found.value === null ? answered(null) : compareTaxId(step, found.value)
  },
}

function compareTaxId(step: TaxIdStep, taxId: Stripe.TaxId): Answer<Performed> {
  const asked = { type: step.type, value: compact(step.value) }
  return performed(taxId, 'tax_id', asked, ({ type, value }) => ({ type, value: compact(value) }))
}

/** Stripe may write the same number with other spaces. */
function compact(value: string): string {
  return value.replace(/[\s.-]/g, '').toUpperCase()
}
