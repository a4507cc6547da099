import { addLookupRow } from '../../domain/mapping.ts'
import type { Customer } from '../../store/customers.ts'
import { listCustomers } from '../../store/customers.ts'
import { liveMapping } from '../../store/mappings.ts'
import { publishMappings, soundMapping } from '../setting-files.ts'
import { useTokens } from './burn-down.ts'
import { acmeBank, graniteFee, harborSeats, mapleQuarterly, nordseeSeats } from './story-deals.ts'
import type { World } from './world.ts'

/** When the story begins: a new year for the legal seller in New York. */
export const storyBegins = new Date('2026-01-01T15:00:00Z')

/** Month ends as the story lives them: invoices are made on the first, become final an hour later, and the month is closed on the third. */
const monthEnds = ['2026-02-03T18:00:00Z', '2026-03-03T18:00:00Z', '2026-04-05T18:00:00Z'] as const

/** A line for whoever watches. */
export type Tell = (line: string) => void

/**
 * Plays the story: deals close in both CRMs, one fails and is mended, usage arrives, months end, invoices are paid. Every step may
 * be played again after a crash: it finds what is there and changes nothing.
 */
export async function playStory(world: World, months: number, tell: Tell): Promise<void> {
  await closeDeals(world, tell)
  await mendTerms(world, tell)
  await useJanuary(world, tell)
  for (const [index, instant] of monthEnds.slice(0, months).entries()) {
    await world.advanceTo(new Date(instant))
    const paid = await world.fakes.act<number>('stripe', 'payDueInvoices', new Date(instant))
    await world.settle()
    tell(
      `Month ${index + 1} ended: invoices finalized, ${paid} due ones paid, revenue recognized, journals posted.`,
    )
  }
}

async function closeDeals(world: World, tell: Tell): Promise<void> {
  const { fakes } = world
  const inSalesforce = await fakes.act<{ deals: { id: string; name: string; isWon: boolean }[] }>(
    'salesforce',
    'truth',
  )
  for (const draft of [acmeBank, harborSeats, graniteFee]) {
    const held = inSalesforce.deals.find(({ name }) => name === draft.Name)
    const id = held?.id ?? (await fakes.act<string>('salesforce', 'addDeal', draft))
    if (held?.isWon !== true) await fakes.act('salesforce', 'closeDeal', id)
  }
  const inHubSpot = await fakes.act<{
    deals: { dealId: string; isClosedWon: boolean; values: { dealname?: string } }[]
  }>('hubspot', 'truth')
  for (const draft of [nordseeSeats, mapleQuarterly]) {
    const held = inHubSpot.deals.find(({ values }) => values.dealname === draft.deal.dealname)
    const id = held?.dealId ?? (await fakes.act<string>('hubspot', 'createDeal', draft))
    if (held?.isClosedWon !== true) await fakes.act('hubspot', 'closeDeal', id)
  }
  await world.settle()
  tell('Five deals closed: three in Salesforce, two in HubSpot.')
}

/** The terms "Net 45 EOM" are in no table: RevOps adds the row, and the deal goes on where it stopped. */
async function mendTerms(world: World, tell: Tell): Promise<void> {
  await addRow(world, 'salesforce', 'payment-terms', 'Net 45 EOM', 'Net 45')
  tell('One deal waited for the payment terms "Net 45 EOM": a lookup row was added and the deal replayed.')
}

/** Adds a lookup row to a live mapping, publishes it, and sends every deal on that an exception stopped. */
export async function addRow(
  world: World,
  mapping: string,
  table: string,
  key: string,
  value: string,
): Promise<void> {
  const { context } = world.hub
  const live = await liveMapping(context.store.read, mapping)
  if (live === null) throw new Error(`No mapping ${mapping} is live`)
  const text = addLookupRow(live.text, table, key, value)
  await publishMappings(context.store, [soundMapping(`${mapping}.yaml`, text)], context.clock.now())
  await world.replay()
}

/** Acme uses 13M tokens in its first month: 3M over what is included. */
async function useJanuary(world: World, tell: Tell): Promise<void> {
  const acme = await customerNamed(world, acmeBank.account.Name)
  for (const day of ['2026-01-05', '2026-01-12', '2026-01-19', '2026-01-26'])
    await useTokens(world, acme, { day, requests: 20, tokensEach: 162_500 }, tell)
}

/** A customer by the name of its account; throws Error when the hub does not know it. */
export async function customerNamed(world: World, name: string): Promise<Customer> {
  const customers = await listCustomers(world.hub.context.store.read, { limit: 1000 })
  const found = customers.find((customer) => customer.name === name)
  if (found === undefined) throw new Error(`No customer named ${name}`)
  return found
}
