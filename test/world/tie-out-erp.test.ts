import { afterEach, expect, test } from 'vitest'
import { graniteFee } from '../../src/cli/demo/story-deals.ts'
import { tieOutErp } from '../../src/jobs/tie-out/erp.ts'
import { closeMonth, startClosing } from '../../src/store/months.ts'
import { enqueue } from '../../src/store/enqueue.ts'
import type { SmallWorld } from './small-world.ts'
import { closeInSalesforce, smallWorld } from './small-world.ts'

let world: SmallWorld

afterEach(() => world.close())

test('a closed month of which no journal was drafted differs from the ERP until its journals are posted', async () => {
  world = await smallWorld()
  await closeInSalesforce(world, graniteFee)
  await world.advanceTo(new Date('2026-01-02T15:00:00Z'))
  const { context } = world.hub
  expect(await tieOutErp(context)).toMatchObject({ population: 0, differences: [] })
  await context.store.unitOfWork(async (unit) => {
    expect(await startClosing(unit, 'us', '2026-01')).toMatchObject({ ok: true })
    expect(await closeMonth(unit, 'us', '2026-01', 'test', world.now())).toMatchObject({ ok: true })
  })
  const { differences } = await tieOutErp(context)
  expect(differences.map(({ item, left, right }) => [item, left, right])).toEqual([
    ['us 2026-01 USD contract-liability credit', '2,000.00 USD', null],
    ['us 2026-01 USD contract-liability debit', '0.00 USD', null],
    ['us 2026-01 USD receivable credit', '0.00 USD', null],
    ['us 2026-01 USD receivable debit', '2,000.00 USD', null],
  ])
  await context.store.unitOfWork((unit) =>
    enqueue(unit, [{ queue: 'post-journal', subject: 'us:2026-01' }], context),
  )
  await world.settle()
  expect((await tieOutErp(context)).differences).toEqual([])
})
