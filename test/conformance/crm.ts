import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultKind, FaultScript } from '../../connectors/fault-script.ts'
import type { DealSnapshot } from '../../src/domain/deal.ts'
import type { Answer } from '../../src/ports/answer.ts'
import type { VirtualClock } from '../../src/ports/clock.ts'
import type { Crm, DealChange, DealRead, StatusUpdate } from '../../src/ports/crm.ts'

/** A deal in no vendor's words. `terms` fills the field the world calls `customField`. */
export type SampleDeal = {
  readonly name: string
  /** Decimal text. Equal to the sum of the lines where there are any. */
  readonly amount: string
  readonly closedOn: string
  readonly accountName: string
  readonly contactEmail?: string
  readonly terms?: string | null
  readonly lines?: readonly {
    readonly product: string
    readonly quantity: number
    readonly unitPrice: string
  }[]
}

/** What a vendor's twin must offer so that its connector can be put through the claims below. */
export type CrmWorld = {
  readonly crm: Crm
  readonly clock: VirtualClock
  readonly faults: FaultScript
  /** Starts of the paths of requests, for aiming faults. */
  readonly paths: {
    readonly sweep: FaultAim
    readonly read: FaultAim
    readonly write: FaultAim
  }
  readonly names: {
    readonly accountName: string
    readonly contactEmail: string
    readonly product: string
    readonly quantity: string
    readonly unitPrice: string
    /** A field of the deal that the connector is configured to read, and that the samples fill. */
    readonly customField: string
    /** A field of the deal that the connector is configured to read, and that no sample fills. */
    readonly emptyField: string
    /** A field of the deal that the connector is not configured to read. */
    readonly unaskedField: string
    /** A field that the connector is configured to read and that the CRM does not have. */
    readonly missingField: string
  }
  /** An id in the right form that nobody has. */
  readonly unknownDealId: string
  /** Whether a refused session is renewed by the connector itself; a fixed token cannot be. */
  readonly renewsSession: boolean
  /** Whether the CRM still lists deals that were deleted. */
  readonly sweepSeesDeletions: boolean
  addDeal(deal: SampleDeal): Promise<string>
  winDeal(dealId: string): Promise<void>
  reopenDeal(dealId: string): Promise<void>
  renameDeal(dealId: string, name: string): Promise<void>
  deleteDeal(dealId: string): Promise<void>
  /** Takes the right to read a field of the deal away from our user. */
  hideField(name: string): Promise<void>
  /** Makes the CRM refuse any status of one deal with a message. */
  refuseStatusOf(dealId: string, message: string): Promise<void>
  statusOf(dealId: string): Promise<{ status: string | null; message: string | null; link: string | null }>
  close(): Promise<void>
}

export type FaultAim = { readonly path: string; readonly method?: string }

const acme: SampleDeal = {
  name: 'Acme 2027',
  amount: '50000.5',
  closedOn: '2026-11-18',
  accountName: 'Acme Bank',
  contactEmail: 'ap@acme.example',
  terms: 'NET 60',
  lines: [
    { product: 'Platform', quantity: 1, unitPrice: '49000.5' },
    { product: 'Seats', quantity: 20, unitPrice: '50' },
  ],
}

function sample(number: number): SampleDeal {
  return { ...acme, name: `Deal ${number}`, accountName: `Account ${number}`, amount: '1200', lines: [] }
}

/** Claims every connector to a CRM must keep. Each claim gets a world of its own. */
export function crmConformance(name: string, makeWorld: () => Promise<CrmWorld>): void {
  describe(`${name} as a CRM`, () => {
    let world: CrmWorld
    beforeEach(async () => {
      world = await makeWorld()
    })
    afterEach(() => world.close())
    describe('sweep', () => claimSweep(() => world))
    describe('reading deals', () => claimReading(() => world))
    describe('writing statuses', () => claimWriting(() => world))
    describe('faults', () => claimFaults(() => world))
  })
}

function claimSweep(world: () => CrmWorld): void {
  test('the first sweep finds all 3 won deals, oldest first, and no open one', async () => {
    const won: string[] = []
    for (const number of [1, 2, 3]) won.push(await wonDeal(world(), sample(number)))
    const open = await world().addDeal(sample(4))
    const { changes } = await drain(world().crm, null)
    expect(changes.filter(({ isClosedWon }) => isClosedWon).map(({ dealId }) => dealId)).toEqual(won)
    expect(changes.filter(({ dealId, isClosedWon }) => dealId === open && isClosedWon)).toEqual([])
    expect(isSorted(changes)).toBe(true)
  })

  test('an empty CRM has nothing to say, and a deal won later is found from that mark', async () => {
    const empty = await drain(world().crm, null)
    expect(empty.changes).toEqual([])
    const won = await wonDeal(world(), acme)
    const { changes } = await drain(world().crm, empty.mark)
    expect(changes.map(({ dealId, isClosedWon }) => [dealId, isClosedWon])).toEqual([[won, true]])
  })

  test('a deal won after the first sweep is found by the next', async () => {
    await wonDeal(world(), sample(1))
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 60))
    const later = await wonDeal(world(), sample(2))
    const { changes } = await drain(world().crm, mark)
    expect(wonIds(changes)).toContain(later)
  })

  test('a won deal that is changed shows again, with a later stamp', async () => {
    const id = await wonDeal(world(), acme)
    const { modifiedAt } = await readOne(world().crm, id)
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    await world().renameDeal(id, 'Acme 2028')
    const { changes } = await drain(world().crm, mark)
    const last = changes.filter(({ dealId }) => dealId === id).at(-1)
    expect(last?.isClosedWon).toBe(true)
    expect(Date.parse(last?.modifiedAt ?? '')).toBeGreaterThan(Date.parse(modifiedAt))
    expect((await readOne(world().crm, id)).name).toBe('Acme 2028')
  })

  test('a quiet CRM stops repeating itself', async () => {
    await wonDeal(world(), acme)
    let { mark } = await drain(world().crm, null)
    for (let sweeps = 0; sweeps < 3; sweeps++) {
      world().clock.advanceTo(minutesLater(world().clock, 30))
      ;({ mark } = await drain(world().crm, mark))
    }
    expect((await drain(world().crm, mark)).changes).toEqual([])
  })

  test('a won deal that is opened again shows as not won', async () => {
    const id = await wonDeal(world(), acme)
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    await world().reopenDeal(id)
    const { changes } = await drain(world().crm, mark)
    expect(changes.filter(({ dealId }) => dealId === id).at(-1)?.isClosedWon).toBe(false)
  })

  test('a deleted deal shows as not won, where the CRM tells, and is gone when read', async () => {
    const id = await wonDeal(world(), acme)
    const { mark } = await drain(world().crm, null)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    await world().deleteDeal(id)
    const { changes } = await drain(world().crm, mark)
    const last = changes.filter(({ dealId }) => dealId === id).at(-1)
    if (world().sweepSeesDeletions) expect(last?.isClosedWon).toBe(false)
    expect(value(await world().crm.readDeals([id]))).toEqual([{ kind: 'gone', askedId: id }])
  })
}

function claimReading(world: () => CrmWorld): void {
  test('the head of a deal is in no vendor’s words: 50000.5, closed on 2026-11-18', async () => {
    const id = await wonDeal(world(), acme)
    const deal = await readOne(world().crm, id)
    expect(deal).toMatchObject({
      crm: world().crm.name,
      org: world().crm.org,
      dealId: id,
      name: 'Acme 2027',
      isClosedWon: true,
      closedOn: '2026-11-18',
      amount: '50000.5',
      currency: 'USD',
    })
    expect(deal.url).toContain(id)
    expect(Date.parse(deal.modifiedAt)).toBeGreaterThan(0)
  })

  test('a deal comes with its account, its contact and both lines in order', async () => {
    const { names } = world()
    const { fields } = await readOne(world().crm, await wonDeal(world(), acme))
    expect(fields.account?.[names.accountName]).toBe('Acme Bank')
    expect(fields.contact?.[names.contactEmail]).toBe('ap@acme.example')
    const lines = fields.lines.map((line) =>
      [names.product, names.quantity, names.unitPrice].map((field) => String(line[field])),
    )
    expect(lines).toEqual([
      ['Platform', '1', '49000.5'],
      ['Seats', '20', '50'],
    ])
  })

  test('a deal without contact and lines has none of them', async () => {
    const { contactEmail: _none, ...deal } = sample(1)
    const { fields } = await readOne(world().crm, await wonDeal(world(), deal))
    expect(fields.contact).toBeNull()
    expect(fields.lines).toEqual([])
  })

  test('a value, an empty field, a field not asked for and one we may not read are four things', async () => {
    const { names } = world()
    const id = await wonDeal(world(), acme)
    const before = (await readOne(world().crm, id)).fields.deal
    expect(before[names.customField]).toBe('NET 60')
    expect(before[names.emptyField]).toBeNull()
    expect(names.unaskedField in before).toBe(false)
    expect(before[names.missingField]).toEqual({ unreadable: true })
    await world().hideField(names.customField)
    world().clock.advanceTo(minutesLater(world().clock, 120))
    const after = (await readOne(world().crm, id)).fields.deal
    expect(after[names.customField]).toEqual({ unreadable: true })
  })

  test('each id asked gets one answer, in the order asked, gone ones too', async () => {
    const first = await wonDeal(world(), sample(1))
    const second = await wonDeal(world(), sample(2))
    const { unknownDealId } = world()
    const asked = [second, unknownDealId, first, 'no id at all']
    const reads = value(await world().crm.readDeals(asked))
    expect(reads.map(({ askedId }) => askedId)).toEqual(asked)
    expect(reads.map(({ kind }) => kind)).toEqual(['found', 'gone', 'found', 'gone'])
    expect(value(await world().crm.readDeals([]))).toEqual([])
  })

  test('100 deals are read at once', async () => {
    const ids: string[] = []
    for (let number = 0; number < 100; number++) ids.push(await world().addDeal(sample(number)))
    const reads = value(await world().crm.readDeals(ids))
    expect(reads.map((read) => (read.kind === 'found' ? read.deal.dealId : read.kind))).toEqual(ids)
  })

  test('our own status does not change what we read of a deal', async () => {
    const id = await wonDeal(world(), acme)
    const before = await readOne(world().crm, id)
    world().clock.advanceTo(minutesLater(world().clock, 1))
    value(await world().crm.writeStatuses([statusOf(id)]))
    expect((await readOne(world().crm, id)).fields).toEqual(before.fields)
  })
}

function claimWriting(world: () => CrmWorld): void {
  test('status, message and link show on the deal', async () => {
    const id = await wonDeal(world(), acme)
    expect(value(await world().crm.writeStatuses([statusOf(id)]))).toEqual([{ dealId: id, refusal: null }])
    expect(await world().statusOf(id)).toEqual({
      status: 'Active',
      message: 'Billing runs.',
      link: 'https://hub.example/deals/1',
    })
  })

  test('a status that is already there is not written again', async () => {
    const id = await wonDeal(world(), acme)
    value(await world().crm.writeStatuses([statusOf(id)]))
    const { modifiedAt } = await readOne(world().crm, id)
    world().clock.advanceTo(minutesLater(world().clock, 10))
    expect(value(await world().crm.writeStatuses([statusOf(id)]))).toEqual([{ dealId: id, refusal: null }])
    expect((await readOne(world().crm, id)).modifiedAt).toBe(modifiedAt)
  })

  test('a refusal of one deal names the reason and stops no other', async () => {
    const [first, second] = [await wonDeal(world(), sample(1)), await wonDeal(world(), sample(2))]
    await world().refuseStatusOf(first, 'Ask finance before touching this deal')
    const written = value(await world().crm.writeStatuses([statusOf(first), statusOf(second)]))
    expect(written.map(({ dealId }) => dealId)).toEqual([first, second])
    expect(written[0]?.refusal).toContain('Ask finance before touching this deal')
    expect(written[1]?.refusal).toBeNull()
    expect((await world().statusOf(second)).status).toBe('Active')
    expect((await world().statusOf(first)).status).toBeNull()
  })

  test('a status of a deal that is gone is a refusal, not an error', async () => {
    const [gone, living] = [await wonDeal(world(), sample(1)), await wonDeal(world(), sample(2))]
    await world().deleteDeal(gone)
    const written = value(await world().crm.writeStatuses([statusOf(gone), statusOf(living)]))
    expect(written[0]?.refusal).not.toBeNull()
    expect(written[1]?.refusal).toBeNull()
  })
}

function claimFaults(world: () => CrmWorld): void {
  const expected: readonly (readonly [FaultKind, Answer<never>['kind']])[] = [
    ['throttle', 'throttled'],
    ['server-error', 'transient'],
    ['cut-before', 'transient'],
    ['cut-after', 'transient'],
    ['malformed-body', 'transient'],
    ['html-body', 'broken'],
  ]

  test.each(expected)('%s while reading is %s, and the next try succeeds', async (kind, answerKind) => {
    const id = await wonDeal(world(), acme)
    value(await world().crm.readDeals([id]))
    world().faults.add({ kind, ...world().paths.read })
    expect((await world().crm.readDeals([id])).kind).toBe(answerKind)
    expect(world().faults.remaining()).toBe(0)
    expect((await readOne(world().crm, id)).name).toBe('Acme 2027')
  })

  test.each(expected)('%s while sweeping is %s and loses nothing', async (kind, answerKind) => {
    const id = await wonDeal(world(), acme)
    world().faults.add({ kind, ...world().paths.sweep })
    expect((await world().crm.sweep(null)).kind).toBe(answerKind)
    expect(wonIds((await drain(world().crm, null)).changes)).toEqual([id])
  })

  test.each(expected)(
    '%s while writing a status is %s, and repeating it is safe',
    async (kind, answerKind) => {
      const id = await wonDeal(world(), acme)
      value(await world().crm.readDeals([id]))
      world().faults.add({ kind, ...world().paths.write })
      expect((await world().crm.writeStatuses([statusOf(id)])).kind).toBe(answerKind)
      expect(world().faults.remaining()).toBe(0)
      expect(value(await world().crm.writeStatuses([statusOf(id)]))[0]?.refusal).toBeNull()
      expect((await world().statusOf(id)).status).toBe('Active')
    },
  )

  test('a session that ends is renewed once, or the connection waits', async () => {
    const id = await wonDeal(world(), acme)
    value(await world().crm.readDeals([id]))
    world().faults.add({ kind: 'expired-session', ...world().paths.read })
    const answer = await world().crm.readDeals([id])
    expect(answer.kind).toBe(world().renewsSession ? 'ok' : 'auth')
  })

  test('a session refused again and again is a matter of the connection', async () => {
    const id = await wonDeal(world(), acme)
    world().faults.add({ kind: 'expired-session', ...world().paths.read, times: 50 })
    expect((await world().crm.readDeals([id])).kind).toBe('auth')
    expect(world().faults.remaining()).toBeGreaterThanOrEqual(47)
  })
}

/** Adds a deal and wins it a second later. */
async function wonDeal(world: CrmWorld, deal: SampleDeal): Promise<string> {
  const id = await world.addDeal(deal)
  await world.clock.sleep(1000)
  await world.winDeal(id)
  await world.clock.sleep(1000)
  return id
}

function statusOf(dealId: string): StatusUpdate {
  return { dealId, status: 'Active', message: 'Billing runs.', link: 'https://hub.example/deals/1' }
}

/** Sweeps until there is no more; a sweep that never ends fails. */
export async function drain(
  crm: Crm,
  from: string | null,
): Promise<{ changes: DealChange[]; mark: string; calls: number }> {
  const changes: DealChange[] = []
  let mark = from
  for (let calls = 1; calls <= 50; calls++) {
    const swept = value(await crm.sweep(mark))
    changes.push(...swept.changes)
    if (!swept.more) return { changes, mark: swept.mark, calls }
    mark = swept.mark
  }
  throw new Error('The sweep does not end')
}

/** The value of a good answer; any other fails the test with the answer. */
export function value<T>(answer: Answer<T>): T {
  if (answer.kind !== 'ok') throw new Error(`Expected a good answer, got ${JSON.stringify(answer)}`)
  return answer.value
}

/** Reads one deal that must be there. */
export async function readOne(crm: Crm, dealId: string): Promise<DealSnapshot> {
  const [read]: DealRead[] = value(await crm.readDeals([dealId]))
  if (read?.kind !== 'found') throw new Error(`Deal ${dealId} was not found`)
  return read.deal
}

/** Ids of changes that say "won", each once. */
export function wonIds(changes: readonly DealChange[]): string[] {
  return [...new Set(changes.filter(({ isClosedWon }) => isClosedWon).map(({ dealId }) => dealId))]
}

function isSorted(changes: readonly DealChange[]): boolean {
  return changes.every(({ modifiedAt }, index) => modifiedAt >= (changes[index - 1]?.modifiedAt ?? ''))
}

function minutesLater(clock: VirtualClock, minutes: number): Date {
  return new Date(clock.now().getTime() + minutes * 60_000)
}
