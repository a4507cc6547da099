import { GenericError } from '@platformatic/kafka'

/** What Kafka or the way to it refused, in the words of its innermost cause. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
}

/** Puts the client's nested errors into one sentence; leaves errors that are not the client's as they are. */
export function explained(error: unknown): unknown {
  if (!(error instanceof Error) || !GenericError.isGenericError(error)) return error
  const causes = [...new Set(innermost(error))].slice(0, 3)
  return new KafkaError(`Kafka: ${causes.join(' ')}`, { cause: error })
}

function innermost(error: unknown): string[] {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(innermost)
  if (error instanceof Error && error.cause !== undefined) return innermost(error.cause)
  return [error instanceof Error ? error.message : String(error)]
}
