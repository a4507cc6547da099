import type postgres from 'postgres'
import type { UsageImportOptions } from '../../src/cli/commands/usage-import.ts'
import { importUsage } from '../../src/cli/commands/usage-import.ts'
import type { Outcome } from '../../src/cli/commands/run-command.ts'
import { ensureCustomer } from '../../src/store/customers.ts'
import { mappingsFolder } from '../../src/cli/hub-variables.ts'
import type { OwnStore } from '../store/store.ts'
import { after, ownStore } from '../store/store.ts'
import type { Variables } from './processes.ts'
import { bareVariables, ownFolder } from './processes.ts'

/** A database with the customers `acme` and `beta`, into which files are imported. */
export type ImportBook = {
  readonly own: OwnStore
  readonly variables: Variables
  import(file: string, options?: Partial<UsageImportOptions>): Promise<Outcome>
  /** The hours of all customers: whose, when, how much, and of how many events. */
  hours(): Promise<string[]>
  /** How many events are kept. */
  count(): Promise<number>
  close(): Promise<void>
}

/** Makes an empty one. */
export async function openImportBook(): Promise<ImportBook> {
  const own = await ownStore()
  const folder = ownFolder()
  const variables = {
    ...bareVariables(folder.path),
    DATABASE_URL: own.url,
    TIEOUT_MAPPINGS_DIR: mappingsFolder,
  }
  for (const crmAccountId of ['acme', 'beta']) {
    const wanted = { crm: 'salesforce', org: '00D', crmAccountId, entity: 'us', name: crmAccountId } as const
    await own.store.unitOfWork((unit) => ensureCustomer(unit, wanted, after(0)))
  }
  const progress = { say: silent, end: silent, pause: silent }
  return {
    own,
    variables,
    import: (file, options = {}) =>
      importUsage({ variables, progress, warn: silent }, [file], {
        source: 'sheet',
        columns: new Map(),
        ...options,
      }),
    hours: () => hoursOf(own.owner),
    count: async () => Number((await own.owner`select count(*) from usage_event`)[0]?.['count']),
    close: async () => {
      await own.close()
      folder.remove()
    },
  }
}

function silent(): void {
  return undefined
}

async function hoursOf(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql`
    select crm_account_id, meter, starts_at, trim_scale(quantity) as quantity, event_count
    from usage_window join customer using (customer_id) order by 1, 2, 3`
  return rows.map(
    (row) =>
      `${row['crm_account_id']} ${row['meter']} ${(row['starts_at'] as Date).toISOString().slice(0, 13)} ${row['quantity']} of ${row['event_count']}`,
  )
}
