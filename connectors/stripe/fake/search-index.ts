import type { Quirks } from './settings.ts'

/** Terms of one object, such as `email:ap@acme.example` or `metadata["contract"]:ctr_1`. */
type Change = { readonly seenAt: number; readonly id: string; readonly terms: readonly string[] }

/** What searches see: every change, but only some time after it happened. */
export type SearchIndex = {
  /** Notes an object as it is now. */
  note(id: string, terms: readonly string[]): void
  /** Ids that bear a term, as far as the index has caught up. */
  find(term: string): ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()

/** Makes an empty index that lags behind by a quirk. */
export function createSearchIndex(now: () => number, quirks: Quirks): SearchIndex {
  const idsByTerm = new Map<string, Set<string>>()
  const termsById = new Map<string, readonly string[]>()
  let waiting: Change[] = []
  const apply = ({ id, terms }: Change) => {
    for (const term of termsById.get(id) ?? []) idsByTerm.get(term)?.delete(id)
    termsById.set(id, terms)
    for (const term of terms) {
      const ids = idsByTerm.get(term)
      if (ids) ids.add(id)
      else idsByTerm.set(term, new Set([id]))
    }
  }
  return {
    note: (id, terms) => void waiting.push({ seenAt: now() + quirks.searchLagSeconds, id, terms }),
    find: (term) => {
      const visible = waiting.filter(({ seenAt }) => seenAt <= now())
      waiting = waiting.filter(({ seenAt }) => seenAt > now())
      visible.forEach(apply)
      return idsByTerm.get(term) ?? none
    },
  }
}
