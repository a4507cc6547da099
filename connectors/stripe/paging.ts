import type { Stripe } from 'stripe'
import type { Answer } from '../../src/ports/answer.ts'
import { answered, mapAnswer } from '../../src/ports/answer.ts'
import type { Page } from '../../src/ports/billing.ts'
import type { Calls } from './calls.ts'

/** The most objects a page of Stripe's holds. */
const pageSize = 100

export type PageAsked = { limit: number; starting_after?: string }

/** Asks for one page of a list. Lists are strongly consistent; searches are not and are never used. */
export type FetchPage<T> = (page: PageAsked) => Promise<Stripe.ApiList<T>>

/** One page after `cursor`, and the cursor of the next. */
export async function pageOf<T extends { readonly id: string }>(
  calls: Calls,
  fetchPage: FetchPage<T>,
  cursor: string | null,
): Promise<Answer<Page<T>>> {
  const answer = await calls.read(() => fetchPage(pageAfter(cursor)))
  if (answer.kind === 'ok' && !Array.isArray(answer.value.data)) {
    return { kind: 'broken', detail: 'Expected a list' }
  }
  return mapAnswer(answer, (list) => {
    const last = list.data.at(-1)
    return { items: list.data, cursor: list.has_more && last !== undefined ? last.id : null }
  })
}

function pageAfter(cursor: string | null): PageAsked {
  return cursor === null ? { limit: pageSize } : { limit: pageSize, starting_after: cursor }
}

/** The first object of a whole list that fits; null only when every page was seen. */
export async function firstIn<T extends { readonly id: string }>(
  calls: Calls,
  fetchPage: FetchPage<T>,
  fits: (object: T) => boolean,
): Promise<Answer<T | null>> {
  let cursor: string | null = null
  do {
    const page: Answer<Page<T>> = await pageOf(calls, fetchPage, cursor)
    if (page.kind !== 'ok') return page
    const found = page.value.items.find(fits)
    if (found !== undefined) return answered(found)
    cursor = page.value.cursor
  } while (cursor !== null)
  return answered(null)
}

/** A whole list. */
export async function allOf<T extends { readonly id: string }>(
  calls: Calls,
  fetchPage: FetchPage<T>,
): Promise<Answer<T[]>> {
  const all: T[] = []
  const answer = await firstIn(calls, fetchPage, (object) => {
    all.push(object)
    return false
  })
  return mapAnswer(answer, () => all)
}

/** A read whose object may not exist: `resource_missing` is an answer, not a refusal. */
export async function readIfThere<T>(calls: Calls, send: () => Promise<T>): Promise<Answer<T | null>> {
  const answer = await calls.read(send)
  if (answer.kind === 'rejected' && answer.code === 'resource_missing') return answered(null)
  return answer
}
