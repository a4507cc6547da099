import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchType } from '../../src/http/event-forms.ts'
import { bearing, got, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

type List = { data: Record<string, unknown>[]; next_cursor: string | null }

/** Every item of a list, a page of one at a time. */
async function walked(path: string, field: string): Promise<unknown[]> {
  const found: unknown[] = []
  const joined = path.includes('?') ? `${path}&` : `${path}?`
  for (let cursor: string | null = ''; cursor !== null;) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { status, body } = await got<List>(own, `${joined}limit=1${more}`)
    expect([status, body.data.length]).toEqual([200, 1])
    found.push(body.data[0]?.[field])
    cursor = body.next_cursor
  }
  return found
}

test('a deal is found by its case, CRM, contract and subscription ids, and tells its story in order', async () => {
  for (const id of [ids.acmeCase, '006ACME', 'ctr_acme', 'C-1001', 'sub_acme']) {
    const { status, body } = await got(own, `/v1/deals/${id}`)
    expect([status, body['id'], body['state']]).toEqual([200, ids.acmeCase, 'active'])
  }
  const { body } = await got<{ contract: object; timeline: { title: string }[] }>(own, '/v1/deals/ctr_acme')
  expect(body.contract).toMatchObject({ number: 'C-1001', value: { amount: '60000000', currency: 'USD' } })
  expect(body.timeline.map(({ title }) => title)).toEqual([
    'Seen closed-won in Salesforce',
    'Contract C-1001 drafted',
    'Stripe: customer made',
    'Billing is set up',
  ])
})

test('meters are listed by name, and one tells which version counts now, which is to come, and all there are', async () => {
  expect(await walked('/v1/meters', 'name')).toEqual(['llm-requests', 'llm-tokens'])
  const { status, body } = await got<{ versions: object[] }>(own, '/v1/meters/llm-tokens')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    name: 'llm-tokens',
    current: { version: 1, unit: 'tokens', display_name: 'LLM tokens', filters: [] },
    upcoming: [
      {
        version: 2,
        group_by: ['region'],
        filters: [
          { property: 'tier', one_of: ['gold'] },
          { property: 'test', none_of: ['true'] },
          { property: 'region', present: true },
        ],
      },
    ],
  })
  expect(body.versions).toHaveLength(2)
  expect(await got(own, '/v1/meters/none')).toMatchObject({ status: 404, body: { code: 'not-found' } })
})

test('lists are walked page by page, each thing once, and filtered', async () => {
  expect(await walked('/v1/deals', 'deal_id')).toEqual(['006NORD', '006ACME'])
  expect(await walked('/v1/deals?filter[state]=active', 'deal_id')).toEqual(['006ACME'])
  expect(await walked('/v1/ledger/transactions', 'reason')).toEqual([
    'invoice-finalized',
    'invoice-paid',
    'revenue-recognized',
  ])
  expect(await walked('/v1/ledger/transactions?filter[invoice]=in_acme_1', 'seq')).toEqual([1, 2])
  expect(await walked('/v1/ledger/transactions?filter[contract]=ctr_acme', 'seq')).toEqual([1, 3])
  expect(await walked('/v1/ledger/transactions?filter[source]=inpay_1', 'seq')).toEqual([2])
  expect(await walked('/v1/journals', 'erp_id')).toEqual(['9001'])
  expect(await walked('/v1/exceptions?filter[code]=LOOKUP_MISS', 'deal_id')).toEqual([ids.stoppedCase])
  for (const path of ['/v1/journals?filter[month]=2026-02', '/v1/contracts?filter[state]=ended'])
    expect((await got<List>(own, path)).body).toEqual({ object: 'list', data: [], next_cursor: null })
})

test('a contract shows its terms in this API’s words, and its twelve fees of 50,000.00', async () => {
  const { body } = await got<{
    versions: { terms: { customer: object; entitlements: object } }[]
    obligations: { price: object; starts_on: string }[]
    subscription: object
  }>(own, '/v1/contracts/C-1001')
  expect(body.versions[0]?.terms).toMatchObject({
    customer: { billing_email: 'ap@acme.example' },
    entitlements: { sso: true, seats: 250 },
    lines: [{ unit_price: { amount: '5000000', currency: 'USD' } }, { included_units: '10000000' }],
  })
  expect(body.obligations).toHaveLength(12)
  expect(body.obligations[11]).toMatchObject({ price: { amount: '5000000' }, starts_on: '2026-12-01' })
  expect(body.subscription).toEqual({ id: 'sub_acme', provider: 'stripe' })
})

test('13,000,000 tokens posted in March leave none of 10,000,000 and cost 9.60 so far', async () => {
  const events = Array.from({ length: 26 }, (_, index) => ({
    specversion: '1.0',
    id: `march-${index}`,
    source: 'gateway',
    type: 'tokens',
    subject: '001ACME',
    time: `2026-03-01T${12 + Math.floor(index / 3)}:00:00Z`,
    data: { value: '500000' },
  }))
  const sent = await posted(own, '/v1/events', events, bearing(own.secret, batchType))
  expect(sent.body).toMatchObject({ accepted: 26, refused: 0 })
  for (const id of [ids.customerId, '001ACME']) {
    const { body } = await got<{ features: object; contracts: { usage: object[] }[] }>(
      own,
      `/v1/customers/${id}/entitlements`,
    )
    expect(body.features).toEqual({ sso: true, seats: 250 })
    expect(body.contracts[0]?.usage).toMatchObject([
      {
        included: '10000000',
        used: '13000000',
        remaining: '0',
        percent_used: '130',
        overage: {
          units: '3000000',
          amount: { amount: '960', currency: 'USD' },
          explanation: '3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60',
        },
        // 21 of 744 hours have passed.
        forecast: {
          units: '460571428.571',
          overage_units: '450571428.571',
          amount: { amount: '144183', currency: 'USD' },
        },
      },
    ])
  }
  expect((await got(own, '/v1/customers/nobody/entitlements')).status).toBe(404)
})

test('use before 12:00 UTC belongs to February where New York sells, as its invoice counts it', async () => {
  const event = {
    specversion: '1.0',
    id: 'edge',
    source: 'gateway',
    type: 'tokens',
    subject: '001ACME',
    time: '2026-03-01T11:59:59Z',
    data: { value: '1' },
  }
  await posted(own, '/v1/events', [event], bearing(own.secret, batchType))
  const { body } = await got<{ contracts: { usage: { used: string }[] }[] }>(
    own,
    '/v1/customers/001ACME/entitlements',
  )
  expect(body.contracts[0]?.usage[0]?.used).toBe('13000000')
})

test('the trial balance balances, and months before anything was booked are empty', async () => {
  const { body } = await got<{ rows: { account: { name: string }; balance: object }[]; totals: object[] }>(
    own,
    '/v1/ledger/trial-balance',
  )
  expect(body.rows.map(({ account, balance }) => [account.name, balance])).toEqual([
    ['contract-liability', { amount: '0', currency: 'USD' }],
    ['receivable', { amount: '0', currency: 'USD' }],
    ['revenue:Platform', { amount: '-5000000', currency: 'USD' }],
    ['stripe-clearing', { amount: '5000000', currency: 'USD' }],
  ])
  expect(body.totals).toEqual([
    {
      entity: 'us',
      debit: { amount: '15000000', currency: 'USD' },
      credit: { amount: '15000000', currency: 'USD' },
      balanced: true,
    },
  ])
  const empty = await got<{ rows: object[] }>(own, '/v1/ledger/trial-balance?filter[through_month]=2025-12')
  expect(empty.body.rows).toEqual([])
})

test('the money is followed from the deal to the journal, from wherever one stands', async () => {
  const traced = async (id: string) => {
    const { body } = await got<{ nodes: { kind: string; id: string; from: string[] }[] }>(
      own,
      `/v1/trace/${id}`,
    )
    return body.nodes
  }
  const whole = await traced('006ACME')
  const path = [
    'deal',
    'contract',
    'subscription',
    'invoice',
    'transaction',
    'transaction',
    'transaction',
    'journal',
  ]
  expect(whole.map(({ kind }) => kind)).toEqual(path)
  expect((await traced('sub_acme')).map(({ kind }) => kind)).toEqual(path)
  const known = new Set(whole.map(({ id }) => id))
  expect(
    whole.slice(1).filter(({ from }) => from.length === 0 || !from.every((id) => known.has(id))),
  ).toEqual([])
  const transaction = whole.find(({ kind }) => kind === 'transaction')?.id ?? ''
  expect((await traced(transaction)).filter(({ kind }) => kind === 'transaction')).toHaveLength(1)
  expect((await traced('in_acme_1')).map(({ kind }) => kind)).toEqual([
    'deal',
    'contract',
    'subscription',
    'invoice',
    'transaction',
    'transaction',
    'journal',
  ])
  expect((await traced('tieout-us-2026-01-USD-1')).filter(({ kind }) => kind === 'transaction')).toHaveLength(
    3,
  )
  expect((await got(own, '/v1/trace/nothing')).status).toBe(404)
})

test('a journal drills down to the transactions it sums up, a page at a time', async () => {
  const path = '/v1/journals/tieout-us-2026-01-USD-1'
  type Detail = { transaction_count: number; transactions: List }
  const first = (await got<Detail>(own, `${path}?limit=2`)).body
  expect([first.transaction_count, first.transactions.data.length]).toEqual([3, 2])
  const second = (await got<Detail>(own, `${path}?limit=2&cursor=${first.transactions.next_cursor}`)).body
  const all = [...first.transactions.data, ...second.transactions.data]
  expect(new Set(all.map(({ id }) => id)).size).toBe(3)
  expect(second.transactions.next_cursor).toBeNull()
  expect((await got(own, '/v1/journals/none')).status).toBe(404)
})

test('tie-outs answer all seven in the order of the pipe, with the one difference, and what was never compared', async () => {
  const { body } = await got<{
    ties_out: boolean
    data: { name: string; ties_out: boolean; state: string }[]
  }>(own, '/v1/tie-out')
  expect(body.ties_out).toBe(false)
  expect(body.data.map(({ name }) => name)).toEqual([
    'deals',
    'contracts',
    'usage',
    'invoices',
    'ledger',
    'revenue',
    'erp',
  ])
  expect(body.data.filter((each) => !each.ties_out)).toMatchObject([
    { name: 'usage', difference_count: 1, differences: [{ cause: 'one hour has not been reported' }] },
  ])
  const empty = await ownApp()
  const never = await got<typeof body>(empty, '/v1/tie-out')
  expect([never.body.ties_out, never.body.data.map(({ state }) => state)]).toEqual([
    false,
    Array.from({ length: 7 }, () => 'never'),
  ])
  await empty.close()
})

test('months are listed from the first to the current one, with seal and journals', async () => {
  const { body } = await got<List>(own, '/v1/months')
  expect(body.data.map(({ month, state, has_ended: ended }) => [month, state, ended])).toEqual([
    ['2026-03', 'open', false],
    ['2026-02', 'open', true],
    ['2026-01', 'closed', true],
  ])
  expect(body.data[2]).toMatchObject({ closed_by: 'hub', journals: { drafted: 0, posted: 1, held: 0 } })
})

test('an id that names two deals is 409 with both', async () => {
  await own.owner`insert into deal_case (case_id, crm, org, deal_id, generation, state, modified_at, seen_at, changed_at)
    values ('case_other', 'hubspot', '1', '006NORD', 1, 'seen', '', now(), now())`
  expect(await got(own, '/v1/deals/006NORD')).toMatchObject({
    status: 409,
    body: { code: 'ambiguous-id', detail: expect.stringContaining('case_other') },
  })
})
