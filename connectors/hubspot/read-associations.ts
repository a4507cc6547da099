import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'
import type { RecordKind } from './known-properties.ts'

/** A record that belongs to a deal, whether as the primary one, and the labels people gave that. */
export type Associate = {
  readonly id: string
  readonly isPrimary: boolean
  readonly labels: readonly string[]
}

/** What belongs to each deal; a deal with nothing is not in it. */
export type AssociatesByDeal = ReadonlyMap<string, readonly Associate[]>

const batchSize = 100

/** Reads what belongs to deals, page by page. */
export async function readAssociates(
  connection: Connection,
  dealIds: readonly string[],
  kind: Exclude<RecordKind, 'deals'>,
): Promise<Answer<AssociatesByDeal>> {
  const found = new Map<string, Associate[]>()
  let inputs: { id: string; after?: string }[] = [...new Set(dealIds)].map((id) => ({ id }))
  while (inputs.length > 0) {
    const batch = inputs.slice(0, batchSize)
    const reply = await connection.call(() =>
      connection.associations.getPage('deals', kind, { inputs: batch }),
    )
    if (reply.kind !== 'ok') return reply
    if (!Array.isArray(reply.value.results))
      return { kind: 'broken', detail: `No associations in the answer` }
    const fault = 'errors' in reply.value ? reply.value.errors?.find((error) => !isNone(error)) : undefined
    if (fault !== undefined) return { kind: 'broken', detail: `Associations of deals: ${fault.message}` }
    const further = reply.value.results.flatMap(({ _from: from, to, paging }) => {
      const earlier = found.get(from.id) ?? []
      found.set(from.id, [...earlier, ...to.map(associateOf)])
      return paging?.next?.after === undefined ? [] : [{ id: from.id, after: paging.next.after }]
    })
    inputs = [...inputs.slice(batchSize), ...further]
  }
  return answered(found)
}

/** A deal without associates is told as an error of the batch. */
function isNone(error: { readonly category: string }): boolean {
  return error.category === 'OBJECT_NOT_FOUND'
}

type AssociationType = {
  readonly category: string
  readonly typeId: number
  readonly label?: string | null
}

function associateOf(associate: {
  readonly toObjectId: string | number
  readonly associationTypes: readonly AssociationType[]
}): Associate {
  return {
    id: String(associate.toObjectId),
    isPrimary: associate.associationTypes.some(isPrimary),
    labels: associate.associationTypes.flatMap(({ label }) => label ?? []),
  }
}

/**
 * HubSpot's own type for the primary company of a deal has the id 5. Its label has been `Primary` and `Deal with Primary Company`;
 * their changelog of February 2024 says to go by the id.
 */
function isPrimary({ category, typeId }: AssociationType): boolean {
  return category === 'HUBSPOT_DEFINED' && typeId === 5
}

/** The company that a deal is sold to: the primary one, or the only one. Between several we do not guess. */
export function primaryOf(associates: readonly Associate[]): string | null {
  return onlyOne(associates.filter((associate) => associate.isPrimary)) ?? onlyOne(associates)
}

/** The contact that invoices go to: the one under the label, or the only one. Between several we do not guess. */
export function contactOf(associates: readonly Associate[], label: string): string | null {
  const wanted = label.toLowerCase()
  const bearing = associates.filter(({ labels }) => labels.some((each) => each.toLowerCase() === wanted))
  return onlyOne(bearing) ?? onlyOne(associates)
}

function onlyOne(associates: readonly Associate[]): string | null {
  return associates.length === 1 ? (associates[0]?.id ?? null) : null
}
