/** One line of the `errors` of an answer. */
export type RefusalDetail = {
  readonly message: string
  readonly code?: string
  readonly in?: string
  readonly context?: Readonly<Record<string, readonly string[]>>
}

/** A refusal as HubSpot words it: the status line and the body. */
export type Refusal = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 429 | 500
  readonly category: string
  readonly message: string
  readonly errors?: readonly RefusalDetail[]
  readonly context?: Readonly<Record<string, readonly string[]>>
  readonly subCategory?: string
}

/** Thrown inside the twin, answered as JSON at its edge. */
export class RefusalError extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** Refuses a request whose form is wrong. */
export function invalid(message: string, errors: readonly RefusalDetail[] = []): RefusalError {
  return new RefusalError({ status: 400, category: 'VALIDATION_ERROR', message, errors })
}

/** Refuses a request for something that is not there. */
export function notFound(message: string, ids: readonly string[] = []): RefusalError {
  return new RefusalError({ status: 404, category: 'OBJECT_NOT_FOUND', message, context: { ids } })
}

/** One property value that cannot be written. */
export type PropertyFault = { readonly name: string; readonly error: string; readonly message: string }

/** Refuses property values; the faults are told inside the message, as JSON, as HubSpot does. */
export function invalidProperties(portalId: number, faults: readonly PropertyFault[]): RefusalError {
  const listed = faults.map((fault) => ({
    isValid: false,
    message: fault.message,
    error: fault.error,
    name: fault.name,
    localizedErrorMessage: fault.message,
    portalId,
  }))
  return invalid(
    `Property values were not valid: ${JSON.stringify(listed)}`,
    faults.map(({ message, error, name }) => ({
      message,
      code: error,
      context: { propertyName: [name] },
    })),
  )
}

/** The body of a refusal. */
export function refusalBody(refusal: Refusal, correlationId: string) {
  return { status: 'error', message: refusal.message, correlationId, ...partsOf(refusal) }
}

/** A refusal as one entry of a batch that was only partly done (207). */
export function batchEntry(refusal: Refusal, objectWriteTraceId?: string) {
  const traced = objectWriteTraceId === undefined ? {} : { objectWriteTraceId: [objectWriteTraceId] }
  return {
    status: 'error',
    message: refusal.message,
    ...partsOf({ ...refusal, context: { ...refusal.context, ...traced } }),
    links: {},
  }
}

export type BatchEntry = ReturnType<typeof batchEntry>

function partsOf(refusal: Refusal) {
  return {
    category: refusal.category,
    ...(refusal.subCategory === undefined ? {} : { subCategory: refusal.subCategory }),
    errors: refusal.errors ?? [],
    context: refusal.context ?? {},
  }
}
