/** What can be wrong, for programs to tell apart. */
export type UsageErrorCode =
  | 'invalid-option'
  | 'invalid-event'
  | 'value-not-exact'
  | 'event-too-large'
  | 'buffer-full'
  | 'spool-failed'
  | 'stopped'
  | 'not-sent'
  | 'closed'

/** Thrown by the SDK and given to `onError`. The message is a sentence that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code: UsageErrorCode

  constructor(code: UsageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
