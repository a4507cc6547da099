import { afterEach, beforeEach, describe } from 'vitest'
import { claimFaults } from './crm-faults.ts'
import { claimReading, claimReadingMany } from './crm-reading.ts'
import { claimSweeping, claimSweepingChanges } from './crm-sweeping.ts'
import type { CrmWorld } from './crm-world.ts'
import { claimWriting } from './crm-writing.ts'

export type { CrmWorld, SampleDeal } from './crm-world.ts'

/** Claims every connector to a CRM must keep. Each claim gets a world of its own. */
export function crmConformance(name: string, makeWorld: () => Promise<CrmWorld>): void {
  describe(`${name} as a CRM`, () => {
    let world: CrmWorld
    beforeEach(async () => {
      world = await makeWorld()
    })
    afterEach(() => world.close())
    describe('sweep', () => {
      claimSweeping(() => world)
      claimSweepingChanges(() => world)
    })
    describe('reading deals', () => {
      claimReading(() => world)
      claimReadingMany(() => world)
    })
    describe('writing statuses', () => {
      claimWriting(() => world)
    })
    describe('faults', () => {
      claimFaults(() => world)
    })
  })
}
