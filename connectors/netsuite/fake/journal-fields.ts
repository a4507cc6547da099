/** The properties of a journal entry in NetSuite's REST API Browser 2026.1. */
const bodyFields = new Set(
  (
    'accountingBook accountingBookDetail appliedRules approvalStatus approved batch class createdDate createdFrom currency customForm ' +
    'deletionReason deletionReasonMemo department exchangeRate excludeFromGLNumbering externalId id isBookSpecific isReversal ' +
    'lastModifiedDate line links location memo nextApprover nexus parentExpenseAlloc postingPeriod primaryBookBaseCurrency refName ' +
    'reversalDate reversalDefer reversalEntry subsidiary subsidiaryTaxRegNum taxDetailsOverride taxPointDate taxPointDateOverride ' +
    'taxRegOverride toSubsidiary tranDate tranId transactionNumber void'
  ).split(' '),
)

/** The properties of one line of a journal entry. */
const lineFields = new Set(
  (
    'account amortizationType baseGrossAmt class cleared clearedDate credit creditTax debit debitTax department eliminate endDate ' +
    'entity giftCertCode grossAmt item line lineCreatedDate lineLastModifiedDate lineTaxCode lineTaxRate links location memo refName ' +
    'residual revenueRecognitionRule schedule scheduleNum scheduleType startDate tax1Acct tax1Amt taxAccount taxBasis taxCode ' +
    'taxRate1 totalAmount'
  ).split(' '),
)

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether a value of JSON is an object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Paths of properties that a journal does not have. Custom fields pass: the twin knows no list of them. */
export function unknownFields(body: Fields): string[] {
  const inLines = linesOf(body).flatMap((line, index) =>
    Object.keys(line)
      .filter((name) => !lineFields.has(name) && !/^(custcol|cseg)_/.test(name))
      .map((name) => `line.items[${index}].${name}`),
  )
  const inBody = Object.keys(body).filter((name) => !bodyFields.has(name) && !/^(custbody|cseg)_/.test(name))
  return [...inBody, ...inLines]
}

/** The lines that a body brings, or none. */
export function linesOf(body: Fields): Fields[] {
  const items = isFields(body['line']) ? body['line']['items'] : undefined
  return Array.isArray(items) ? items.filter(isFields) : []
}

/** Custom fields of a body or line, as they were sent. */
export function customFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => /^(custbody|custcol|cseg)_/.test(name)))
}

/** The id of a reference such as `{ "id": "12" }`; null where the property is missing. An unreadable one answers its JSON. */
export function referenceIn(fields: Fields, property: string): string | null {
  const reference = fields[property] ?? null
  if (reference === null) return null
  const id = isFields(reference) ? reference['id'] : reference
  return typeof id === 'string' || typeof id === 'number' ? String(id) : JSON.stringify(reference)
}

/** A text property; null where it is missing. */
export function textIn(fields: Fields, property: string): string | null {
  const value = fields[property] ?? null
  return value === null ? null : String(value)
}
