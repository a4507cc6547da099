import type { Context } from 'hono'
import { invalid } from './refusals.ts'

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The body of a request as a JSON object. Throws the refusal. */
export async function bodyOf(c: Context): Promise<JsonObject> {
  const body: unknown = await c.req.json().catch(() => undefined)
  if (!isRecord(body)) throw invalid('Invalid input JSON')
  return body
}

/** Most inputs of one batch. */
const batchSize = 100

/** The inputs of a batch. Throws the refusal when there are none, too many, or the same one twice. */
export function inputsOf(body: JsonObject): JsonObject[] {
  const inputs = body['inputs']
  if (!Array.isArray(inputs) || !inputs.every(isRecord)) throw invalid('Invalid input JSON: inputs')
  if (inputs.length === 0) throw invalid('Some required fields were not set: [inputs]')
  if (inputs.length > batchSize)
    throw invalid(`The maximum number of inputs supported in a batch is ${batchSize}`)
  const ids = inputs.map(({ id }) => id).filter((id) => id !== undefined)
  if (new Set(ids).size < ids.length) throw invalid('Duplicate IDs found in batch input')
  return inputs
}
