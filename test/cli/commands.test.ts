import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonthCommand } from '../../src/cli/commands/close-run.ts'
import { listDealsCommand } from '../../src/cli/commands/deal-list.ts'
import { planDeal } from '../../src/cli/commands/deal-plan.ts'
import { retryDeals } from '../../src/cli/commands/deal-retry.ts'
import { showDeal } from '../../src/cli/commands/deal-show.ts'
import { doctorCommand } from '../../src/cli/commands/doctor-run.ts'
import { listExceptionsCommand } from '../../src/cli/commands/exception-list.ts'
import { replayExceptions } from '../../src/cli/commands/exception-replay.ts'
import { showException } from '../../src/cli/commands/exception-show.ts'
import { createKey } from '../../src/cli/commands/key-create.ts'
import { listKeys, revokeKey } from '../../src/cli/commands/key-list.ts'
import { traceMoney } from '../../src/cli/commands/ledger-trace.ts'
import { tieOutCommand } from '../../src/cli/commands/tie-out-run.ts'
import { showTrialBalance } from '../../src/cli/commands/trial-balance.ts'
import { exitNameOf } from '../../src/cli/failures.ts'
import type { RunningHub } from '../../src/cli/start-hub.ts'
import { addMonths, monthOf } from '../../src/domain/calendar.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { tieout, tieoutJson } from './processes.ts'
import type { Sandbox } from './sandbox.ts'
import { openSandbox, untilStates } from './sandbox.ts'

/** The commands against one database, in the order a person would meet them: without a hub, beside one, and after it. */
let sandbox: Sandbox
let deals: { acme: string; harbor: string }
let running: RunningHub
const thisMonth = monthOf(systemClock.now().toISOString())
const lastMonth = monthOf(addMonths(`${thisMonth}-15`, -1))
const all = { limit: 50, state: 'open' } as const

beforeAll(async () => {
  sandbox = await openSandbox()
}, 120_000)
afterAll(() => sandbox.close())

async function exitOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'done', exitNameOf)
}

describe('before any hub has run', () => {
  test('there is nothing, and it is said what will be there', async () => {
    const { data, text } = await listDealsCommand(sandbox.session, { limit: 50 })
    expect(data).toEqual({ deals: [], counts: {}, next_after: null })
    expect(text).toBe('No deals yet. They appear when the CRM tells of one, or at the next sweep.')
    expect((await listExceptionsCommand(sandbox.session, all)).text).toBe('Nothing waits for a person.')
    expect((await showTrialBalance(sandbox.session, {})).text).toBe('Nothing is booked there.')
  })

  test('a won deal the hub has not seen is a difference: exit 6, and ok is false', async () => {
    deals = await sandbox.closeDeals()
    const { code, ok, data } = await tieoutJson(['tie-out'], sandbox.variables)
    expect({ code, ok }).toEqual({ code: 6, ok: false })
    const { ties_out, tie_outs } = data as {
      ties_out: boolean
      tie_outs: { name: string; difference_count: number }[]
    }
    expect(ties_out).toBe(false)
    expect(tie_outs.map(({ name, difference_count }) => [name, difference_count])).toEqual([
      ['deals', 2],
      ['contracts', 0],
      ['usage', 0],
      ['invoices', 0],
      ['ledger', 0],
      ['revenue', 0],
      ['erp', 0],
    ])
  }, 60_000)

  test('a plan needs a deal the hub has read; with --from-crm it is read now, and nothing is kept', async () => {
    expect(await exitOf(planDeal(sandbox.session, deals.acme, {}))).toBe('not-found')
    expect(await exitOf(planDeal(sandbox.session, deals.acme, { fromCrm: true }))).toBe('failed')
  })
})

describe('beside a running hub', () => {
  beforeAll(async () => {
    running = await sandbox.hub()
    await untilStates(sandbox.session, { active: 1, exception: 1 })
  }, 120_000)

  test('deals are listed with their amounts to the right, and the stopped one is suggested', async () => {
    const { text, next } = await listDealsCommand(sandbox.session, { limit: 50 })
    const [heading, ...rows] = text.split('\n')
    expect(heading).toMatch(/^DEAL +NAME +ACCOUNT +STATE +AMOUNT {2}CLOSED$/)
    expect(rows).toHaveLength(2)
    expect(rows.every((row) => row.indexOf(' USD') === (heading ?? '').indexOf('AMOUNT') + 2)).toBe(true)
    expect(text).toMatch(/Acme Bank: AI platform +Acme Bank +active +50,000\.00 USD/)
    expect(next).toBe(`tieout deals show ${deals.harbor}`)
  })

  test('a page at a time', async () => {
    const first = await listDealsCommand(sandbox.session, { limit: 1 })
    const { next_after: after } = first.data as { next_after: string }
    const second = await listDealsCommand(sandbox.session, { limit: 1, after })
    const ids = [first, second].map(
      ({ data }) => (data as { deals: { deal_id: string }[] }).deals[0]?.deal_id,
    )
    expect(ids.toSorted()).toEqual([deals.acme, deals.harbor].toSorted())
    expect((second.data as { next_after: null }).next_after).toBeNull()
  })

  test('any id shows the deal: the CRM’s, the contract’s number, the subscription’s; none is 3', async () => {
    const { data } = await showDeal(sandbox.session, deals.acme)
    const { contract } = data as { contract: { number: string; subscription_id: string; value: unknown } }
    expect(contract.value).toEqual({ amount: '60000000', currency: 'USD' })
    for (const id of [contract.number, contract.subscription_id]) {
      expect((await showDeal(sandbox.session, id)).data).toMatchObject({
        deal_id: deals.acme,
        state: 'active',
      })
    }
    expect(await exitOf(showDeal(sandbox.session, '006nobody'))).toBe('not-found')
  })

  test('the plan of the enterprise deal: 12 invoices of 50,000.00 and use, 60 days, a PO, 600,000.00 earned', async () => {
    const { data, text } = await planDeal(sandbox.session, deals.acme, {})
    const plan = data as {
      steps: { kind: string; provider_id: string | null }[]
      invoices: { total: { amount: string }; has_use: boolean }[]
      revenue: { earned: { amount: string } }[]
    }
    expect(plan.invoices).toHaveLength(12)
    expect(plan.invoices.every(({ total, has_use }) => total.amount === '5000000' && has_use)).toBe(true)
    expect(plan.revenue.reduce((sum, { earned }) => sum + BigInt(earned.amount), 0n)).toBe(60_000_000n)
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'customer',
      'product',
      'meter',
      'price',
      'subscription',
    ])
    expect(plan.steps.every(({ provider_id }) => provider_id !== null)).toBe(true)
    expect(text).toContain('invoice, due in 60 days')
    expect(text).toMatch(/^PO +PO-7741$/m)
    expect(text).toContain('Nothing was sent.')
  })

  test('the plan of a stopped deal names what stops it, and ends with 1', async () => {
    const outcome = await planDeal(sandbox.session, deals.harbor, {})
    expect(outcome.exit).toBe('failed')
    expect(outcome.data).toMatchObject({
      outcome: 'stopped',
      issues: [{ code: 'TERMS', found: 'Net 45 EOM' }],
    })
    expect((await planDeal(sandbox.session, deals.harbor, { fromCrm: true })).data).toMatchObject({
      outcome: 'stopped',
    })
  })

  test('an active deal is not taken up again: 5', async () => {
    expect(await exitOf(retryDeals(sandbox.session, [deals.acme], { timeout: 60 }))).toBe('conflict')
  })

  test('one of two that cannot be taken up: 7, and each is told', async () => {
    const { exit, data } = await retryDeals(sandbox.session, [deals.harbor, '006nobody'], { timeout: 60 })
    expect(exit).toBe('partial')
    expect(data).toMatchObject({
      deals: [{ deal_id: deals.harbor }],
      refused: [{ id: '006nobody', code: 'not-found' }],
      handed_to: 'hub',
    })
  })

  test('one group waits with its 12,000.00 USD; a dry run changes nothing; unmended it waits again: 7', async () => {
    const { data } = await listExceptionsCommand(sandbox.session, all)
    const { groups } = data as {
      groups: { key: string; code: string; count: number; amounts: unknown[] }[]
    }
    const held = groups.find(({ code }) => code === 'TERMS')
    expect(held).toMatchObject({ count: 1, amounts: [{ amount: '1200000', currency: 'USD' }] })
    const group = held?.key ?? ''
    const rehearsal = await replayExceptions(sandbox.session, [], { group, dryRun: true, timeout: 60 })
    expect(rehearsal.text).toContain('One exception holding back 12,000.00 USD would be taken up.')
    const again = await replayExceptions(sandbox.session, [], { group, yes: true, wait: true, timeout: 60 })
    expect(again).toMatchObject({
      exit: 'partial',
      data: { chosen: 1, taken_up: 1, handed_to: 'done', left: 1 },
    })
  }, 60_000)

  test('mended, the deal goes on, its exception is settled, and cannot be taken up twice', async () => {
    const listed = await listExceptionsCommand(sandbox.session, { ...all, items: true })
    const { exceptions } = listed.data as { exceptions: { id: string; code: string }[] }
    const held = exceptions.find(({ code }) => code === 'TERMS')
    await sandbox.mendTerms(running)
    const replayed = await replayExceptions(sandbox.session, [held?.id ?? ''], { wait: true, timeout: 60 })
    expect(replayed).toMatchObject({ data: { chosen: 1, handed_to: 'done', left: 0 } })
    expect(replayed.exit).toBeUndefined()
    await untilStates(sandbox.session, { active: 2 })
    const id = held?.id ?? ''
    expect((await showException(sandbox.session, id)).data).toMatchObject({
      state: 'resolved',
      deal_id: expect.any(String),
    })
    expect(await exitOf(replayExceptions(sandbox.session, [id], { timeout: 60 }))).toBe('conflict')
    expect(await exitOf(showException(sandbox.session, 'exc_none'))).toBe('not-found')
  }, 90_000)

  test('the money is followed from the deal, and 3 is nothing', async () => {
    const { data } = await traceMoney(sandbox.session, deals.acme)
    const kinds = (data as { nodes: { kind: string }[] }).nodes.map(({ kind }) => kind)
    expect(kinds.slice(0, 3)).toEqual(['deal', 'contract', 'subscription'])
    expect(await exitOf(traceMoney(sandbox.session, 'in_none'))).toBe('not-found')
  })

  test('a month that has not ended is a conflict, an unknown seller is not found', async () => {
    const close = (entity: string, month: string) =>
      exitOf(closeMonthCommand(sandbox.session, { entity, month, timeout: 60 }))
    expect([await close('us', thisMonth), await close('mars', lastMonth)]).toEqual(['conflict', 'not-found'])
  })

  test('the hub closes a month that is asked for, and asking again changes nothing', async () => {
    const close = () =>
      closeMonthCommand(sandbox.session, { entity: 'us', month: lastMonth, wait: true, timeout: 60 })
    expect((await close()).data).toMatchObject({ state: 'closed', handed_to: 'done', journals: [] })
    expect((await close()).text).toContain('is closed already')
  }, 60_000)

  test('doctor finds all well: settings, database, hub and four vendors', async () => {
    const { exit, data } = await doctorCommand(sandbox.session, {})
    expect(exit).toBeUndefined()
    const { healthy, checks } = data as {
      healthy: boolean
      checks: { name: string; state: string; found: string }[]
    }
    expect(healthy).toBe(true)
    const found = new Map(checks.map(({ name, state }) => [name, state]))
    const names = [
      'clock',
      'migrations',
      'privileges',
      'hub',
      'salesforce',
      'hubspot',
      'stripe',
      'netsuite us',
    ]
    expect(names.map((name) => found.get(name))).toEqual(names.map(() => 'good'))
  }, 60_000)

  test('every number ties out: 0, also when the last comparison is shown', async () => {
    const { exit, text } = await tieOutCommand(sandbox.session, {})
    expect(exit).toBeUndefined()
    expect(text.match(/✓/g)).toHaveLength(7)
    expect((await tieOutCommand(sandbox.session, { last: true })).data).toMatchObject({ ties_out: true })
  }, 60_000)

  test('keys: shown once, listed by their beginning, ended once', async () => {
    const made = await createKey(sandbox.session, {
      name: 'gateway',
      scope: ['usage:write'],
      expiresDays: 30,
    })
    const { secret, prefix, id } = made.data as { secret: string; prefix: string; id: string }
    expect(made.text).toBe(secret)
    expect(secret).toMatch(/^tieout_test_/)
    const listed = await listKeys(sandbox.session)
    expect(listed.data).toMatchObject({ keys: [{ id, prefix, name: 'gateway', scopes: ['usage:write'] }] })
    expect(JSON.stringify(listed)).not.toContain(secret)
    expect((await revokeKey(sandbox.session, prefix)).data).toMatchObject({ id })
    expect(await exitOf(revokeKey(sandbox.session, id))).toBe('conflict')
    expect(await exitOf(revokeKey(sandbox.session, 'tieout_test_none'))).toBe('not-found')
  })
})

describe('after the hub', () => {
  beforeAll(() => running.stop(), 30_000)

  test('work that is asked for waits, and is worked off by the command with --wait', async () => {
    const asked = { entity: 'eu', month: lastMonth, timeout: 60 }
    const left = await closeMonthCommand(sandbox.session, asked)
    expect(left.data).toMatchObject({ state: 'open', handed_to: 'nobody' })
    expect(left.text).toContain('No hub runs: it waits until one starts.')
    const waited = await closeMonthCommand(sandbox.session, { ...asked, wait: true })
    expect(waited.data).toMatchObject({ state: 'closed', handed_to: 'done' })
  }, 90_000)

  test('stdout holds the outcome alone: one line of JSON, or a table without colour signs', async () => {
    const { data, warnings } = await tieoutJson(['deals', 'list', '--state', 'active'], sandbox.variables)
    expect({ counts: (data as { counts: unknown }).counts, warnings }).toEqual({
      counts: { active: 2 },
      warnings: [],
    })
    const { code, stdout } = await tieout(['ledger', 'trial-balance'], sandbox.variables)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing is booked there.\n' })
  }, 60_000)

  test('vendors that do not answer: doctor and tie-out end with 8, because not knowing is not agreeing', async () => {
    await sandbox.fakes.close()
    expect((await doctorCommand(sandbox.session, {})).exit).toBe('provider')
    const { exit, data } = await tieOutCommand(sandbox.session, {})
    expect(exit).toBe('provider')
    expect(data).toMatchObject({ ties_out: false })
  }, 120_000)
})
