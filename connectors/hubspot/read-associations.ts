import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'
import type { RecordKind } from './known-properties.ts'

/** A record that belongs to a deal, with the labels under which it does. */
export type Associate = { readonly id: string; readonly labels: readonly string[] }

/** What belongs to each deal; a deal with nothing is not in it. */
export type AssociatesByDeal = ReadonlyMap<string, readonly Associate[]>

const batchSize = 100

/** Reads what belongs to deals, page by page. Type ids differ between portals, so only labels are kept. */
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

function associateOf(associate: {
  readonly toObjectId: string | number
  readonly associationTypes: readonly { readonly label?: string | null }[]
}): Associate {
  const labels = associate.associationTypes.flatMap(({ label }) => label ?? [])
  return { id: String(associate.toObjectId), labels }
}

/** The company that a deal is sold to: the primary one, or the only one. Between several we do not guess. */
export function primaryOf(associates: readonly Associate[]): string | null {
  return labelled(associates, 'Primary') ?? onlyOne(associates)
}

/** The contact that invoices go to: the one under the label, or the only one. Between several we do not guess. */
export function contactOf(associates: readonly Associate[], label: string): string | null {
  return labelled(associates, label) ?? onlyOne(associates)
}

function labelled(associates: readonly Associate[], label: string): string | null {
  const bearing = associates.filter(({ labels }) =>
    labels.some((each) => each.toLowerCase() === label.toLowerCase()),
  )
  return onlyOne(bearing)
}

function onlyOne(associates: readonly Associate[]): string | null {
  return associates.length === 1 ? (associates[0]?.id ?? null) : null
}
