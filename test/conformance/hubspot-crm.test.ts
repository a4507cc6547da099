import type { Switches } from '../../connectors/hubspot/fake.ts'
import type { CrmWorld, SampleDeal } from './crm.ts'
import { crmConformance } from './crm.ts'
import { hubSpotWorld } from './hubspot-world.ts'

/** HubSpot as the shared claims see it, with the limits of a real portal. */
async function hubSpotCrmWorld(switches: Partial<Switches>): Promise<CrmWorld> {
  const { clock, fake, connect, close } = await hubSpotWorld({
    limits: { burstPerTenSeconds: 190, searchesPerSecond: 5, perDay: 625_000 },
    switches: { searchLagMilliseconds: 0, ...switches },
  })
  const closeDates = new Map<string, string>()
  const valuesOf = (dealId: string) => fake.truth().deals.find((deal) => deal.dealId === dealId)?.values
  return {
    crm: connect({ fields: { deal: ['renewal_of'] } }),
    clock,
    close,
    faults: fake.faults,
    paths: {
      sweep: { path: '/crm/v3/objects/deals/search' },
      read: { path: '/crm/v3/objects/deals/batch/read' },
      write: { path: '/crm/v3/objects/deals/batch/update' },
    },
    names: {
      accountName: 'name',
      contactEmail: 'email',
      product: 'name',
      quantity: 'quantity',
      unitPrice: 'price',
      customField: 'payment_terms',
      emptyField: 'po_number',
      unaskedField: 'description',
      missingField: 'renewal_of',
    },
    unknownDealId: '20399999999',
    renewsSession: false,
    sweepSeesDeletions: false,
    addDeal: async (deal) => {
      const dealId = fake.createDeal(seedOf(deal))
      closeDates.set(dealId, `${deal.closedOn}T17:00:00.000Z`)
      return dealId
    },
    winDeal: async (dealId) => fake.closeDeal(dealId, { closedate: closeDates.get(dealId) ?? '' }),
    reopenDeal: async (dealId) => fake.update('deals', dealId, { dealstage: 'contractsent' }),
    renameDeal: async (dealId, dealname) => fake.update('deals', dealId, { dealname }),
    deleteDeal: async (dealId) => fake.remove('deals', dealId),
    hideField: async (name) => fake.properties.remove('deals', name),
    refuseStatusOf: async (dealId, message) => fake.lock(dealId, message),
    statusOf: async (dealId) => ({
      status: valuesOf(dealId)?.['tieout_status'] ?? null,
      message: valuesOf(dealId)?.['tieout_message'] ?? null,
      link: valuesOf(dealId)?.['tieout_link'] ?? null,
    }),
  }
}

function seedOf({ name, amount, accountName, contactEmail, terms, lines = [] }: SampleDeal) {
  return {
    deal: {
      dealname: name,
      amount,
      deal_currency_code: 'USD',
      ...(terms ? { payment_terms: terms } : {}),
    },
    company: { name: accountName },
    ...(contactEmail === undefined ? {} : { contact: { email: contactEmail } }),
    lines: lines.map(({ product, quantity, unitPrice }) => ({
      name: product,
      quantity: String(quantity),
      price: unitPrice,
    })),
  }
}

crmConformance('HubSpot refusing whole batches', () =>
  hubSpotCrmWorld({ batchErrors: 'whole', mergedInBatchRead: 'resolved' }),
)
crmConformance('HubSpot refusing parts of batches', () =>
  hubSpotCrmWorld({ batchErrors: 'multi-status', mergedInBatchRead: 'missing' }),
)
