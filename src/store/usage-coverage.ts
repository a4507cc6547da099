import { sql } from 'drizzle-orm'
import { ownersOf } from './customers.ts'
import { inputRows } from './json.ts'
import { rowsOf, type Reader } from './unit-of-work.ts'

/** A contract that sells a meter to the customer a subject names. `startsOn` and `endsBefore` are days in the time zone of the entity. */
export type CoveringContract = {
  readonly contractId: string
  readonly entity: string
  readonly startsOn: string
  readonly endsBefore: string
}

/** The customer a subject names, and the contracts that sell it a meter; none when nothing was ever sold by that meter. */
export type Coverage = {
  readonly subject: string
  readonly meter: string
  readonly customerId: string
  readonly contracts: readonly CoveringContract[]
}

/** Which contracts cover pairs of subject and meter; bulk. Pairs whose subject names nobody are left out. */
export async function coverageOf(
  reader: Reader,
  pairs: readonly { readonly subject: string; readonly meter: string }[],
): Promise<Coverage[]> {
  if (pairs.length === 0) return []
  const rows = await rowsOf<{
    subject: string
    meter: string
    customer_id: string
    contracts: [string, string, string, string][]
  }>(
    reader,
    sql`
    with input as materialized (select * from ${inputRows(pairs, 'subject text, meter text')})
    select input.subject, input.meter, owner.customer_id,
      coalesce((
        select json_agg(json_build_array(held.contract_id, held.entity, held.starts_on, held.ends_before) order by held.contract_id)
        from contract held join contract_version version
          on version.contract_id = held.contract_id and version.version = held.current_version
        where held.customer_id = owner.customer_id
          and version.terms->'lines' @> jsonb_build_array(jsonb_build_object('kind', 'usage', 'meter', input.meter))
      ), '[]') as contracts
    from input join ${ownersOf(sql`alias in (select subject from input)`)} as owner on owner.alias = input.subject`,
  )
  return rows.map(({ subject, meter, customer_id, contracts }) => ({
    subject,
    meter,
    customerId: customer_id,
    contracts: contracts.map(([contractId, entity, startsOn, endsBefore]) => ({
      contractId,
      entity,
      startsOn,
      endsBefore,
    })),
  }))
}
