import * as z from 'zod'
import { TrackedMeanings } from './domain/tracked-event.ts'

const list = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))

/** What the Worker is bound to and told. It has secrets to verify messages with, and none to call a vendor with. */
const WorkerEnvironment = z.object({
  HYPERDRIVE: z.object({ connectionString: z.string().min(1) }),
  TIEOUT_PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  /** `live` where live money moves. */
  TIEOUT_ENVIRONMENT: z.enum(['test', 'live']).default('test'),
  STRIPE_WEBHOOK_SECRETS: list,
  STRIPE_ACCOUNT: z.string().default('default'),
  SALESFORCE_ORGANIZATION_ID: z.string().optional(),
  SALESFORCE_FLOW_SECRETS: list,
  HUBSPOT_PORTAL_ID: z.string().optional(),
  HUBSPOT_CLIENT_SECRETS: list,
  SEGMENT_SECRETS: list,
  SEGMENT_EVENTS: TrackedMeanings.optional(),
  SEGMENT_CONNECTION: z.string().default('default'),
})

export type WorkerEnvironment = z.output<typeof WorkerEnvironment>

/** Reads what the Worker is bound to. Throws Error that names every setting which is missing or malformed. */
export function readWorkerEnvironment(bindings: unknown): WorkerEnvironment {
  const parsed = WorkerEnvironment.safeParse(bindings)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new Error(`The Worker cannot answer. ${faults.join('; ')}`)
}
