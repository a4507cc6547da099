import * as z from 'zod'

/** What is wrong with the environment, as sentences. */
export class ConfigurationError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`Tieout cannot start:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

const list = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))

const wholeNumber = (least: number, most: number, standard: number) =>
  z.coerce.number().int().min(least).max(most).default(standard)

const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  TIEOUT_DATA_DIR: z.string().default('.data'),
  TIEOUT_HOST: z.string().default('127.0.0.1'),
  TIEOUT_PORT: wholeNumber(0, 65535, 8790),
  TIEOUT_PUBLIC_URL: z.url().optional(),
  TIEOUT_MAPPINGS_DIR: z.string().default('mappings'),
  TIEOUT_AUTOMATIC_TAX: z.enum(['true', 'false']).default('true'),
  TIEOUT_CLOSE_AFTER_DAYS: z.coerce.number().int().min(0).max(31).optional(),
  TIEOUT_SWEEP_INTERVAL_SECONDS: wholeNumber(10, 86_400, 600),
  TIEOUT_BOOTSTRAP_API_KEY: z.string().min(20).optional(),
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_WEBHOOK_SECRETS: list,
  STRIPE_ACCOUNT: z.string().default('default'),
  SALESFORCE_LOGIN_URL: z.url().optional(),
  SALESFORCE_CLIENT_ID: z.string().optional(),
  SALESFORCE_CLIENT_SECRET: z.string().optional(),
  SALESFORCE_ORGANIZATION_ID: z.string().optional(),
  SALESFORCE_FLOW_SECRETS: list,
  SALESFORCE_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  HUBSPOT_ACCESS_TOKEN: z.string().optional(),
  HUBSPOT_PORTAL_ID: z.string().optional(),
  HUBSPOT_CLIENT_SECRETS: list,
  NETSUITE_ACCOUNT: z.string().optional(),
  NETSUITE_CLIENT_ID: z.string().optional(),
  NETSUITE_CERTIFICATE_ID: z.string().optional(),
  NETSUITE_PRIVATE_KEY: z.string().optional(),
  NETSUITE_CONSUMER_KEY: z.string().optional(),
  NETSUITE_CONSUMER_SECRET: z.string().optional(),
  NETSUITE_TOKEN: z.string().optional(),
  NETSUITE_TOKEN_SECRET: z.string().optional(),
  STRIPE_API_URL: z.url().optional(),
  HUBSPOT_API_URL: z.url().optional(),
  NETSUITE_API_URL: z.url().optional(),
})

export type Environment = z.output<typeof Environment>

/** A group of settings that only make sense together: `whenever` one is there, all must be. */
type Group = { readonly name: string; readonly all: readonly (keyof Environment)[] }

const salesforce: Group = {
  name: 'Salesforce',
  all: [
    'SALESFORCE_LOGIN_URL',
    'SALESFORCE_CLIENT_ID',
    'SALESFORCE_CLIENT_SECRET',
    'SALESFORCE_ORGANIZATION_ID',
  ],
}
const hubspot: Group = { name: 'HubSpot', all: ['HUBSPOT_ACCESS_TOKEN', 'HUBSPOT_PORTAL_ID'] }
const oauth: Group = {
  name: 'NetSuite',
  all: ['NETSUITE_ACCOUNT', 'NETSUITE_CLIENT_ID', 'NETSUITE_CERTIFICATE_ID', 'NETSUITE_PRIVATE_KEY'],
}
const tokenBased: Group = {
  name: 'NetSuite with token-based access',
  all: [
    'NETSUITE_ACCOUNT',
    'NETSUITE_CONSUMER_KEY',
    'NETSUITE_CONSUMER_SECRET',
    'NETSUITE_TOKEN',
    'NETSUITE_TOKEN_SECRET',
  ],
}

/**
 * Reads the environment once. Throws ConfigurationError with every fault as a sentence: what is missing or malformed, and
 * that a live Stripe key must not meet a sandbox elsewhere.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const parsed = Environment.safeParse(variables)
  if (!parsed.success) {
    throw new ConfigurationError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}.`),
    )
  }
  const environment = parsed.data
  const faults = [...missingConnections(environment), ...mixedModes(environment)]
  if (faults.length > 0) throw new ConfigurationError(faults)
  return environment
}

/** Whether every setting of a group is there. */
export function has(environment: Environment, group: 'salesforce' | 'hubspot' | 'netsuite-token'): boolean {
  const { all } = { salesforce, hubspot, 'netsuite-token': tokenBased }[group]
  return all.every((name) => isSet(environment, name))
}

function missingConnections(environment: Environment): string[] {
  const faults: string[] = []
  if (!isSet(environment, 'STRIPE_SECRET_KEY'))
    faults.push('STRIPE_SECRET_KEY is missing: without it nothing can be billed.')
  if (environment.STRIPE_WEBHOOK_SECRETS.length === 0) {
    faults.push("STRIPE_WEBHOOK_SECRETS is missing: without it Stripe's messages cannot be believed.")
  }
  const crms = [salesforce, hubspot].filter(({ all }) => all.some((name) => isSet(environment, name)))
  if (crms.length === 0) {
    faults.push('No CRM is connected: set the SALESFORCE_… or the HUBSPOT_… settings.')
  }
  const erp = isSet(environment, 'NETSUITE_CONSUMER_KEY') ? tokenBased : oauth
  return [...faults, ...[...crms, erp].flatMap((group) => missingOf(environment, group))]
}

function missingOf(environment: Environment, { name, all }: Group): string[] {
  return all.filter((key) => !isSet(environment, key)).map((key) => `${key} is missing: ${name} needs it.`)
}

/** Live money must not be driven by a test CRM or booked into a test ERP (reliability: modes must match). */
function mixedModes(environment: Environment): string[] {
  const live = environment.STRIPE_SECRET_KEY?.includes('_live_') === true
  const sandboxes = [
    environment.SALESFORCE_LOGIN_URL?.includes('.sandbox.') === true ? 'a Salesforce sandbox' : null,
    /_SB\d+$/i.test(environment.NETSUITE_ACCOUNT ?? '') ? 'a NetSuite sandbox' : null,
  ].filter((name) => name !== null)
  if (!live || sandboxes.length === 0) return []
  return [
    `STRIPE_SECRET_KEY is a live key, but ${sandboxes.join(' and ')} is connected: live and test must not mix.`,
  ]
}

function isSet(environment: Environment, name: keyof Environment): boolean {
  const value = environment[name]
  return typeof value === 'string' ? value !== '' : value !== undefined
}
