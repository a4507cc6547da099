/** What a code means, and what the caller does about it. */
export type ProblemEntry = { readonly title: string; readonly remedy: string }

const entry = (title: string, remedy: string): ProblemEntry => ({ title, remedy })

/** Every code an answer can carry, in groups. The page `/docs/problems` shows this table; `type` of an answer points into it. */
export const problemTable = {
  // The envelope of a request
  'not-found': entry(
    'Nothing is there',
    'Check the address and the id. An id of another deployment is not found either.',
  ),
  'method-not-allowed': entry(
    'The address does not know this method',
    'Use one of the methods in the Allow header.',
  ),
  'content-type': entry(
    'The content type is missing or not taken here',
    'Send the content type the address asks for.',
  ),
  'content-encoding': entry(
    'Compressed bodies are not taken',
    'Send the body as it is, without Content-Encoding.',
  ),
  'body-too-large': entry('The body is too large', 'Send less at once; the answer says how much is taken.'),
  'body-encoding': entry('The body is not valid UTF-8', 'Encode the body as UTF-8.'),
  'body-syntax': entry('The body is not valid JSON', 'Mend the body at the place the answer names.'),
  'body-duplicate-key': entry(
    'An object names a key twice',
    'Name each key once; which of the two counts would be a guess.',
  ),
  'body-too-deep': entry('The body is nested too deeply or has too many keys', 'Flatten the body.'),
  'invalid-body': entry(
    'The body does not have the form asked for',
    'Mend the places in errors; each has a JSON pointer.',
  ),
  'invalid-query': entry('A query parameter is unknown or out of range', 'Mend the parameters in errors.'),
  'invalid-id': entry('An id in the path cannot be one of ours', 'Take the id from an earlier answer.'),
  'invalid-cursor': entry(
    'The cursor is not one we gave for this list',
    'Take next_cursor as it stands, with the same key and filters, or begin anew.',
  ),
  // Keys
  unauthenticated: entry('No API key was sent', 'Send Authorization: Bearer tieout_….'),
  'invalid-key': entry('The API key is malformed or unknown', 'Check that the key was copied as a whole.'),
  'key-revoked': entry('The API key was revoked or has expired', 'Ask for a new key.'),
  'wrong-environment': entry(
    'The API key belongs to the other environment',
    'Use a tieout_live_ key for live, a tieout_test_ key for test.',
  ),
  'missing-scope': entry('The API key lacks a scope', 'Ask for a key with the scope the answer names.'),
  // Usage in a hurry
  'usage-queue-full': entry(
    'More usage waits to be written than may wait',
    'Send the request again after the seconds in Retry-After; nothing of it that was not answered is lost by that.',
  ),
  // Repeating
  'idempotency-key-missing': entry(
    'The request needs an Idempotency-Key',
    'Send a key of your own choice; repeat the request with the same one.',
  ),
  'idempotency-key-invalid': entry(
    'The Idempotency-Key has another form',
    'Send 1 to 255 printable characters.',
  ),
  'idempotency-key-reused': entry(
    'The Idempotency-Key stands for another body',
    'Use a new key for a new request.',
  ),
  'idempotency-in-flight': entry(
    'A request with this key is at work',
    'Repeat it in a moment; it is done once.',
  ),
  // State
  'state-conflict': entry(
    'The state does not allow this',
    'Read the object again; the answer names the state it is in.',
  ),
  'ambiguous-id': entry('The id names several things', 'Use one of the ids in the answer.'),
  'month-not-ended': entry(
    'The month has not ended',
    'Close it after its last day in the time zone of the entity.',
  ),
  'close-blocked': entry(
    'Messages about money of the month are not in the books',
    'Mend and replay each exception in errors, or ignore it with a reason; then close.',
  ),
  'mapping-refused': entry('The mapping would not be sound', 'Mend the rows in errors.'),
  // Usage events
  'invalid-event': entry(
    'The usage event does not have the form asked for',
    'Mend the places in errors and send it again under the same id.',
  ),
  'event-too-large': entry('A usage event is larger than 64 KB', 'Send what is counted, not what was said.'),
  'event-conflict': entry(
    'Another event has this source and id',
    'Give every event an id of its own; the first one stays.',
  ),
  'usage-put-away': entry(
    'Events of that time are put away in files',
    'Bring the months back with tieout usage import, and ask again.',
  ),
  'unknown-event': entry(
    'There is no usage event to correct',
    'Name an event of the same source by its id, once it has been acknowledged.',
  ),
  'event-corrected': entry(
    'The usage event was corrected already',
    'Correct what replaced it, by the id in the answer; what was retracted is sent again as a new event.',
  ),
  'correction-mismatch': entry(
    'The correction does not fit the usage event',
    'Send the type and subject of the event it retracts. A retraction is not corrected: send the use again.',
  ),
  'too-many-events': entry('Too many events at once', 'Send at most 1,000 in one request.'),
  // Hooks
  'unknown-hook': entry('There is no hook of this name', 'Check the address in the settings of the sender.'),
  unsigned: entry('The message is not signed', 'Set the signing secret at the sender.'),
  'bad-signature': entry(
    'The signature does not fit',
    'Check the secret, and that nothing between sender and hub rewrites the body.',
  ),
  signature: entry(
    'The signature is missing, malformed or wrong',
    'Check the secret, and that nothing between sender and hub rewrites the body.',
  ),
  'signature-malformed': entry(
    'The signature header cannot be read',
    'Send the header as its vendor documents it.',
  ),
  'signature-mismatch': entry(
    'No signature fits a secret in force',
    'Check the signing secrets on both sides.',
  ),
  stale: entry(
    'The signature is too old, or from the future',
    'Check the clocks; a message is taken for five minutes.',
  ),
  'wrong-mode': entry(
    'A test message came to a live hook, or the other way round',
    'Point each mode at its own deployment.',
  ),
  'not-an-array': entry(
    'The message is not a list of events',
    'Send the events as the vendor documents them.',
  ),
  'body-malformed': entry('The message is not one of the vendor’s', 'Check what was sent.'),
  'body-too-long': entry('The message is too long', 'Send less at once.'),
  'malformed-message': entry('The message cannot be read', 'Check what was sent.'),
  'unknown-organization': entry(
    'The message is from an organisation that is not connected',
    'Connect the organisation, or stop it from sending here.',
  ),
  'too-many-notifications': entry(
    'The message holds too many notifications',
    'Send at most 100 in one message.',
  ),
  'event-id': entry('The call has no usable event id', 'Send eventId with 1 to 200 printable characters.'),
  'deal-ids': entry('The call names no usable deals', 'Send dealId, or deals as a list of {id}.'),
  // Our trouble
  'not-stored': entry('The message could not be stored', 'Send it again; nothing was kept of it.'),
  unavailable: entry('The database does not answer', 'Send the request again in a moment.'),
  internal: entry(
    'Something failed on our side',
    'Send the request again; tell us the request id if it stays.',
  ),
} as const satisfies Record<string, ProblemEntry>

export type ProblemCode = keyof typeof problemTable

/** Whether a code stands in the table. Connectors bring codes as plain texts. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemTable, code)
}
