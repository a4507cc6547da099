import { words } from './issue-words.ts'

/** Codes found while a deal becomes a contract. */
export const dealIssues = {
  CRM_FIELD_UNREADABLE: words(
    'revops',
    'may not be read by the integration user',
    'Grant the integration user read access to {field} and check the deal again.',
  ),
  CRM_RECORD_GONE: words(
    'revops',
    'was deleted in the CRM',
    'Restore the deal, or end or keep its contract on purpose.',
  ),
  CRM_WRITEBACK_REJECTED: words(
    'revops',
    'could not be written back to the CRM',
    'Allow the integration user to write the status fields.',
  ),
  INCOMPLETE: words('sales', 'is required and empty', 'Fill in {field} in the CRM.'),
  PICKLIST_UNMAPPED: words(
    'revops',
    'is not a choice the mapping knows{allowed}',
    'Add the choice to the mapping, or correct {field} in the CRM.',
  ),
  LOOKUP_MISS: words(
    'revops',
    'is not in the lookup table {table}',
    'Add a row for {found} to the lookup table {table}, or correct {field} in the CRM.',
  ),
  AMOUNT_FORMAT: words(
    'sales',
    'is not an amount in plain digits, such as 1234.50',
    'Write {field} in plain digits with a decimal point.',
  ),
  AMOUNT_PRECISION: words(
    'sales',
    'has more decimals than {currency} allows',
    'Round {field} to the decimals of {currency}.',
  ),
  AMOUNT_RANGE: words('sales', 'is outside the range allowed{allowed}', 'Correct {field} in the CRM.'),
  TCV_MISMATCH: words(
    'revops',
    'differs from what the lines add to: {lines} (difference {difference})',
    'Correct the amount or the lines of the deal.',
  ),
  CURRENCY_MISSING: words('sales', 'is empty', 'Choose the currency of the deal.'),
  CURRENCY_UNKNOWN: words(
    'sales',
    'is not an active ISO 4217 currency code',
    'Write the three-letter code of a currency in use, such as USD.',
  ),
  CURRENCY_MISMATCH: words(
    'revops',
    'is not the currency of the deal, {currency}',
    'Use one currency throughout the deal.',
  ),
  DATE_FORMAT: words('sales', 'is not a day such as 2027-01-31', 'Correct the date in {field}.'),
  DATE_RANGE: words('sales', 'is not between 1990 and 2090', 'Correct the date in {field}.'),
  TERM: words('sales', 'is not a term of 1 to 120 months', 'Correct the start, the end or the months.'),
  TERMS: words(
    'revops',
    'are not in the lookup table {table}',
    'Add {found} to the lookup table {table}, or choose agreed payment terms in the CRM.',
  ),
  QUANTITY: words('sales', 'is not a whole quantity{allowed}', 'Correct the quantity of the line.'),
  DISCOUNT_RANGE: words('sales', 'is not a discount between 0 and 100 percent', 'Correct the discount.'),
  PO_REQUIRED: words(
    'sales',
    'is empty, and a purchase order number is required',
    'Ask the customer for the purchase order number and enter it.',
  ),
  PO_TOO_LONG: words(
    'sales',
    'is longer than the 140 characters an invoice can show',
    'Shorten the purchase order number.',
  ),
  TEXT_INVALID: words(
    'sales',
    'holds line breaks or control characters',
    'Remove line breaks and control characters from {field}.',
  ),
  FIELD_TOO_LONG: words('sales', 'is longer than {limit} characters', 'Shorten {field} in the CRM.'),
  EMAIL: words('sales', 'is not one e-mail address', 'Enter one e-mail address in {field}.'),
  COUNTRY: words(
    'sales',
    'is not a country we can recognize',
    'Correct the country in the CRM, or add a row for it to the country lookup.',
  ),
  ADDRESS: words(
    'sales',
    'is not usable for tax: {reason}',
    'Complete or correct the billing address in the CRM.',
  ),
  TAX_ID_INVALID: words(
    'sales',
    'is not a tax number we can accept for {country}',
    'Ask the customer for the right tax number.',
  ),
  TAX_ID_UNVERIFIED: words(
    'finance',
    'is not confirmed by the register{reason}',
    'Confirm the tax number, or bill with tax.',
  ),
  FORMULA_ERROR: words(
    'revops',
    'is the error of a formula, not a value',
    'Repair the formula field in the CRM.',
  ),
  TYPE: words('revops', 'does not fit: {reason}', 'Correct {field} in the CRM, or change the mapping row.'),
  MAPPING_PATH: words(
    'revops',
    'does not exist in the CRM record{hint}',
    'Correct the path in the mapping row, or create the field in the CRM.',
  ),
  MAPPING_EXPRESSION: words(
    'revops',
    'could not be worked out: {reason}',
    'Correct the expression in the mapping row.',
  ),
  TOO_MANY_LINES: words('sales', 'exceeds the 500 lines a contract can have', 'Split the deal.'),
  DEAL_CHANGED_AFTER_CLOSE: words(
    'revops',
    'changed after billing began: {change}',
    'Choose: amend the contract, ignore the change, or revert it in the CRM.',
  ),
  DEAL_REGRESSED: words(
    'revops',
    'left closed-won while its subscription is live',
    'Choose: keep, cancel or pause the subscription.',
  ),
  DUPLICATE_SUSPECT: words(
    'revops',
    'looks like a duplicate: {reason}',
    'Confirm that both are meant, or correct one.',
  ),
} as const
