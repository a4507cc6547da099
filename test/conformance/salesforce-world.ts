import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createSalesforceFake } from '../../connectors/salesforce/fake.ts'
import type { SalesforceFake, SalesforceFakeOptions } from '../../connectors/salesforce/fake.ts'
import { createSalesforceCrm } from '../../connectors/salesforce/salesforce.ts'
import type { SalesforceOptions } from '../../connectors/salesforce/salesforce.ts'
import type { VirtualClock } from '../../src/ports/clock.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import type { Crm } from '../../src/ports/crm.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import type { CrmWorld, SampleDeal } from './crm.ts'

/** The twin of Salesforce on a loopback port, and jsforce talking to it over real HTTP. */
export type SalesforceWorld = {
  readonly fake: SalesforceFake
  readonly clock: VirtualClock
  readonly baseUrl: string
  readonly crm: Crm
  /** Another connection to the same organisation. */
  connect(options?: Partial<SalesforceOptions>): Crm
  close(): Promise<void>
}

/** Starts a world on 18 November 2026. */
export async function salesforceWorld(
  fakeOptions: Partial<SalesforceFakeOptions> = {},
  crmOptions: Partial<SalesforceOptions> = {},
): Promise<SalesforceWorld> {
  const clock = virtualClock(new Date('2026-11-18T09:00:00Z'))
  const random = seededRandom(42)
  const fake = createSalesforceFake({ clock, random, deliver: refuseDelivery, ...fakeOptions })
  const server = serve({ fetch: fake.app.fetch, hostname: '127.0.0.1', port: 0 })
  await new Promise<void>((resolve) => server.once('listening', () => resolve()))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const connect = (options: Partial<SalesforceOptions> = {}) =>
    createSalesforceCrm({
      loginUrl: baseUrl,
      ...fake.credentials,
      organizationId: fake.organizationId(),
      clock,
      transport: systemTransport,
      fields: {
        opportunity: ['Payment_Terms__c', 'PO_Number__c', 'Renewal_Of__c'],
        account: [],
        line: [],
        contact: [],
      },
      organizationCurrency: 'USD',
      ...crmOptions,
      ...options,
    })
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { fake, clock, baseUrl, connect, crm: connect(), close }
}

function refuseDelivery(): Promise<Response> {
  return Promise.resolve(new Response('nobody listens', { status: 503 }))
}

/** The same world as the shared claims see it. */
export async function salesforceCrmWorld(): Promise<CrmWorld> {
  const { fake, clock, crm, close } = await salesforceWorld()
  const query = '/services/data/v67.0/query'
  return {
    crm,
    clock,
    close,
    faults: fake.faults,
    paths: {
      sweep: { method: 'GET', path: query },
      read: { method: 'GET', path: query },
      write: { method: 'PATCH', path: '/services/data/v67.0/composite/sobjects' },
    },
    names: {
      accountName: 'Name',
      contactEmail: 'Email',
      product: 'Product2.Name',
      quantity: 'Quantity',
      unitPrice: 'UnitPrice',
      customField: 'Payment_Terms__c',
      emptyField: 'PO_Number__c',
      unaskedField: 'Entity__c',
      missingField: 'Renewal_Of__c',
    },
    unknownDealId: '006000000000009AAA',
    renewsSession: true,
    sweepSeesDeletions: true,
    addDeal: (deal) => Promise.resolve(fake.addDeal(draftOf(deal))),
    winDeal: (id) => Promise.resolve(fake.closeDeal(id)),
    reopenDeal: (id) => Promise.resolve(fake.update(id, { StageName: 'Negotiation/Review' })),
    renameDeal: (id, name) => Promise.resolve(fake.update(id, { Name: name })),
    deleteDeal: (id) => Promise.resolve(fake.delete(id)),
    hideField: (name) => Promise.resolve(fake.setFieldSecurity('Opportunity', name, 'hidden')),
    refuseStatusOf: (id, message) => {
      const { name } = dealOf(fake, id)
      const rule = { objectType: 'Opportunity', message, errorField: null, where: { Name: name } }
      return Promise.resolve(fake.addValidationRule({ ...rule, whenChanged: ['Tieout_Status__c'] }))
    },
    statusOf: (id) => {
      const { status, message, link } = dealOf(fake, id)
      return Promise.resolve({ status, message, link })
    },
  }
}

function dealOf(fake: SalesforceFake, id: string) {
  const deal = fake.truth().deals.find((each) => each.id === id)
  if (!deal) throw new Error(`The twin has no deal ${id}`)
  return deal
}

function draftOf({ name, amount, closedOn, accountName, contactEmail, terms, lines = [] }: SampleDeal) {
  return {
    Name: name,
    Amount: Number(amount),
    CloseDate: closedOn,
    Payment_Terms__c: terms ?? null,
    account: { Name: accountName },
    ...(contactEmail === undefined ? {} : { contact: { LastName: 'Payable', Email: contactEmail } }),
    lines: lines.map(({ product, quantity, unitPrice }) => ({
      product: { Name: product },
      Quantity: quantity,
      UnitPrice: Number(unitPrice),
    })),
  }
}
