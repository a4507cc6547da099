import { type Answer, answered, mapAnswer } from '../../src/ports/answer.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { broken } from './answers.ts'
import { isJsonObject, type Json } from './exact-json.ts'
import type { Session } from './session.ts'

/** What we use of a field's description. */
export type FieldDescription = {
  readonly name: string
  readonly length: number
  readonly updateable: boolean
  readonly relationshipName: string | null
  readonly referenceTo: readonly string[]
}

/** Fields of an object by name, as our user sees them. Null when the object itself is hidden from it. */
export type ObjectDescription = ReadonlyMap<string, FieldDescription> | null

/** Descriptions of objects, read once an hour: an admin's change of fields or permissions shows after that at the latest. */
export type Describer = {
  describe(objectType: string): Promise<Answer<ObjectDescription>>
  /** Forgets everything, for when a query showed that the descriptions are out of date. */
  forget(): void
}

const keptMilliseconds = 3_600_000

/** Makes a describer. Field-level security is in the description: a field we may not read is not listed. */
export function describerFor(session: Session, clock: Clock): Describer {
  const kept = new Map<string, { readonly description: ObjectDescription; readonly until: number }>()
  return {
    forget: () => kept.clear(),
    async describe(objectType) {
      const known = kept.get(objectType)
      if (known && known.until > clock.now().getTime()) return answered(known.description)
      const answer = await readDescription(session, objectType)
      if (answer.kind === 'ok')
        kept.set(objectType, {
          description: answer.value,
          until: clock.now().getTime() + keptMilliseconds,
        })
      return answer
    },
  }
}

async function readDescription(session: Session, objectType: string): Promise<Answer<ObjectDescription>> {
  const answer = await session.get(`/sobjects/${encodeURIComponent(objectType)}/describe`)
  if (answer.kind === 'rejected' && answer.code === 'NOT_FOUND') return answered(null)
  if (answer.kind !== 'ok') return answer
  const fields = isJsonObject(answer.value) ? answer.value['fields'] : undefined
  if (!Array.isArray(fields)) return broken(`The description of ${objectType} lists no fields`)
  const descriptions = (fields as Json[]).flatMap(fieldFrom)
  return mapAnswer(answered(descriptions), (list) => new Map(list.map((field) => [field.name, field])))
}

function fieldFrom(field: Json): FieldDescription[] {
  if (!isJsonObject(field) || typeof field['name'] !== 'string') return []
  const references = field['referenceTo']
  return [
    {
      name: field['name'],
      length: typeof field['length'] === 'number' ? field['length'] : 0,
      updateable: field['updateable'] === true,
      relationshipName: typeof field['relationshipName'] === 'string' ? field['relationshipName'] : null,
      referenceTo: Array.isArray(references)
        ? (references as Json[]).filter((reference) => typeof reference === 'string')
        : [],
    },
  ]
}
