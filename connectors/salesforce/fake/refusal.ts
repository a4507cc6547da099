/** A refusal as the API words it: an HTTP status and one entry of the error list. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: 300 | 400 | 401 | 403 | 404 | 405 | 500 | 503
  readonly errorCode: string
  readonly fields: readonly string[]

  constructor(status: Refusal['status'], errorCode: string, message: string, fields: readonly string[] = []) {
    super(message)
    this.status = status
    this.errorCode = errorCode
    this.fields = fields
  }
}

/** A column that does not exist, or that the user may not see: Salesforce says the same for both. */
export function noSuchColumn(name: string, objectType: string): Refusal {
  return new Refusal(
    400,
    'INVALID_FIELD',
    `No such column '${name}' on entity '${objectType}'. If you are attempting to use a custom field, be sure to append ` +
      "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
  )
}
