/** Why the embedded PostgreSQL cannot serve: one sentence for the person who starts the hub. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError'
}

/** Another hub holds the data directory; the sentence names its process. */
export class OtherHubError extends EmbeddedError {}
