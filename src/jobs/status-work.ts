import type { DealCase } from '../store/deals.ts'
import type { NewWork } from '../store/enqueue.ts'
import { connectionOf } from './job.ts'

/**
 * How long telling sales waits for a deal to come to rest. Deals pass through states faster than anybody reads, and CRMs count the calls
 * of a day.
 */
const restMilliseconds = 2_000

/** The work of telling a CRM where its deals stand, once they have come to rest. */
export function tellingOf({ crm, org }: Pick<DealCase, 'crm' | 'org'>, now: Date): NewWork {
  return {
    queue: 'write-back-status',
    subject: connectionOf({ name: crm, org }),
    dueAt: new Date(now.getTime() + restMilliseconds),
  }
}
