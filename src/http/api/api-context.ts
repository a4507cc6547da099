import type { BooksSettings } from '../../domain/books.ts'
import type { Doorbell } from '../../ports/doorbell.ts'
import type { ApiKey } from '../../store/api-keys.ts'
import type { Unit } from '../../store/unit-of-work.ts'
import type { EndpointContext } from '../endpoint.ts'

/** What the API needs: the database, time, somebody to wake, and how the books are called. */
export type ApiContext = EndpointContext & {
  readonly doorbell: Doorbell<Unit['tx']>
  readonly books: BooksSettings
}

/** How a key is named as the one who did something. */
export function actorOf({ keyId, name }: ApiKey): string {
  return `${name} (${keyId})`
}
