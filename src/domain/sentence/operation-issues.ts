import { words } from './issue-words.ts'

/** Codes found after a contract exists: at the billing provider, in usage, in the books and in the ERP. */
export const operationIssues = {
  PRICE_ARCHIVED: words(
    'revops',
    'is an archived price at the billing provider',
    'Choose a price in use, or restore the archived one.',
  ),
  COUPON_INVALID: words(
    'revops',
    'is a coupon that has expired or is used up',
    'Create a new coupon, or remove the discount.',
  ),
  PLAN_DRIFT: words(
    'revops',
    'differs at the billing provider from what the contract says: {difference}',
    'Adopt the change as an amendment, or restore the contract.',
  ),
  PROVIDER_AUTH: words(
    'engineer',
    'no longer accepts our credentials',
    'Connect the provider again; waiting work continues by itself.',
  ),
  PROVIDER_REJECTED: words(
    'engineer',
    'was refused by the provider: {reason}',
    'Read the refusal, correct the cause and replay.',
  ),
  PROVIDER_STUCK: words(
    'engineer',
    'was asked for, and we do not know whether it happened',
    'Look it up at the provider, then link it or mark it absent.',
  ),
  PROVIDER_UNAVAILABLE: words(
    'engineer',
    'did not answer after all tries',
    'Check the status of the provider and replay.',
  ),
  PROVIDER_CONTRACT_BROKEN: words(
    'engineer',
    'answered something else than what was asked',
    'Compare the stored answer with the request before replaying.',
  ),
  EVENT_VERSION: words(
    'engineer',
    'arrived in an API version we do not read',
    'Set the version of the webhook endpoint to the one pinned here.',
  ),
  EVENT_GAP: words('engineer', 'may be missing events', 'Backfill the events of the gap.'),
  EVENT_BODY_CHANGED: words(
    'engineer',
    'came again with another body; the first one is the one kept',
    'Compare the two at the sender: an id must stand for one message for ever.',
  ),
  EVENT_UNREADABLE: words(
    'engineer',
    'names no deal we could read',
    'Look at the stored message; the sweep finds every won deal without it.',
  ),
  OBJECT_NOT_FOUND: words(
    'engineer',
    'does not exist at the provider',
    'Check which account and mode the message came from.',
  ),
  POSTING_RULE_MISSING: words('finance', 'has no posting rule', 'Add a rule and have it approved.'),
  UNMATCHED_USAGE: words(
    'engineer',
    'is usage of nobody we know',
    'Link the subject to a customer and replay.',
  ),
  USAGE_REFUSED: words(
    'engineer',
    'was refused as {reason}: {count} events so far, the latest of them {place}: {why}',
    'Correct the sender and send the events again, then ignore this with a reason.',
  ),
  USAGE_UNREADABLE: words(
    'engineer',
    'is kept and not counted: {reason}',
    'Correct the sender and send the use again under new ids, or publish a version that can read it; then ignore this with a reason.',
  ),
  USAGE_AFTER_END: words(
    'revops',
    'is usage after the end of the contract',
    'Extend the contract, or void the usage.',
  ),
  LATE_USAGE: words(
    'finance',
    'arrived after its month was closed',
    'Bill it in the next open period, or void it.',
  ),
  METER_REJECTED: words(
    'engineer',
    'was refused by the meter: {reason}',
    'Correct the meter or the customer link and replay.',
  ),
  METER_SOLD_TWICE: words(
    'revops',
    'is sold to this customer already, by {soldBy} from {startsOn} until {endsBefore}',
    'Let the terms follow each other, or sell another meter: use of one meter cannot be billed by two contracts.',
  ),
  METER_GROUPS_LIMIT: words(
    'engineer',
    'falls into more than {most} groups: what is beyond them counts together as other',
    'Group by a property with fewer values, or publish a version with a higher cap; then ignore this with a reason.',
  ),
  ERP_PERIOD_LOCKED: words(
    'finance',
    'is a locked period in the ERP',
    'Choose: reopen the period, post into the next one, or leave the lines out.',
  ),
  ERP_REFERENCE_INVALID: words(
    'finance',
    'is not active in the ERP',
    'Map the account or segment to an active one.',
  ),
  ERP_ID_TAKEN: words(
    'finance',
    'is an external id another journal already carries',
    'Free the id in the ERP, or link the journal on purpose.',
  ),
  ERP_CHANGED: words(
    'finance',
    'was changed in the ERP after posting',
    'Accept the change with a reason, or restore the journal.',
  ),
  RECON_DIFFERENCE: words(
    'finance',
    'does not tie out: {difference}',
    'Follow the difference to its cause and explain or correct it.',
  ),
  POISON: words(
    'engineer',
    'failed three times in the same step',
    'Download the report of the failure and repair the cause.',
  ),
} as const
