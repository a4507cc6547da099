import * as z from 'zod'
import { TrackedMeanings } from './domain/tracked-event.ts'
import { fewestDaysKept } from './domain/usage-retention.ts'

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

/** A list that may be missing altogether, such as that of a source nobody connected. */
const listIfAny = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .optional()

const number = (least: number, most: number) => {
  const error = `it must be a whole number from ${least} to ${most}`
  return z.coerce.number({ error }).int(error).min(least, error).max(most, error)
}

/** Percentages apart by commas: decimals above zero. */
const percentages = list
  .transform((parts) => [...new Set(parts)])
  .refine((parts) => parts.every((part) => /^\d{1,4}(\.\d{1,2})?$/.test(part) && /[1-9]/.test(part)), {
    error: 'it must be percentages such as 50,80,100',
  })

const address = z.url({
  protocol: /^https?$/,
  error: 'it must be an address that begins with https:// or http://',
})

/** The ways to sign in to Kafka that need no program beside the hub. */
const kafkaSaslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

const Environment = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'it must be an address that begins with postgres://' })
    .optional(),
  /** A file of settings like these; what the environment itself says goes first. */
  TIEOUT_ENV_FILE: z.string().optional(),
  TIEOUT_DATA_DIR: z.string().default('.data'),
  TIEOUT_HOST: z.string().default('127.0.0.1'),
  TIEOUT_PORT: number(0, 65_535).default(8790),
  TIEOUT_PUBLIC_URL: address.optional(),
  TIEOUT_MAPPINGS_DIR: z.string().default('mappings'),
  TIEOUT_AUTOMATIC_TAX: z.enum(['true', 'false'], { error: 'it must be true or false' }).default('true'),
  TIEOUT_CLOSE_AFTER_DAYS: number(0, 31).optional(),
  TIEOUT_SWEEP_INTERVAL_SECONDS: number(10, 86_400).default(600),
  TIEOUT_USAGE_THRESHOLDS: percentages,
  TIEOUT_USAGE_GATHER_MILLISECONDS: number(0, 1_000).default(20),
  TIEOUT_USAGE_KEPT_DAYS: number(fewestDaysKept, 36_500).default(fewestDaysKept),
  TIEOUT_BOOTSTRAP_API_KEY: z.string().min(20).optional(),
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_WEBHOOK_SECRETS: list,
  STRIPE_ACCOUNT: z.string().default('default'),
  STRIPE_STREAM_FROM_HOURS: number(1, 1_000_000).default(1_000),
  STRIPE_METER_EVENTS_PER_SECOND: number(1, 100_000).default(900),
  SALESFORCE_LOGIN_URL: address.optional(),
  SALESFORCE_CLIENT_ID: z.string().optional(),
  SALESFORCE_CLIENT_SECRET: z.string().optional(),
  SALESFORCE_ORGANIZATION_ID: z.string().optional(),
  SALESFORCE_FLOW_SECRETS: list,
  SALESFORCE_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'it must be a currency code, such as USD')
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
  KAFKA_BOOTSTRAP: listIfAny.refine(
    (brokers) => brokers?.every((broker) => /^[^:/]+:\d{1,5}$/.test(broker)) !== false,
    'it must be brokers as host:port, by comma or space',
  ),
  KAFKA_TOPICS: listIfAny,
  KAFKA_GROUP: z.string().regex(/^\S+$/, 'it must be one word').default('tieout'),
  KAFKA_TLS: z.enum(['true', 'false'], { error: 'it must be true or false' }).default('false'),
  KAFKA_TLS_CA: z.string().optional(),
  KAFKA_TLS_CERTIFICATE: z.string().optional(),
  KAFKA_TLS_KEY: z.string().optional(),
  KAFKA_SASL_MECHANISM: z
    .enum(kafkaSaslMechanisms, { error: `it must be one of ${kafkaSaslMechanisms.join(', ')}` })
    .optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  KAFKA_SASL_TOKEN: z.string().optional(),
  SEGMENT_SECRETS: listIfAny,
  SEGMENT_EVENTS: TrackedMeanings.optional(),
  SEGMENT_CONNECTION: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'it must be one word')
    .default('default'),
  STRIPE_API_URL: address.optional(),
  HUBSPOT_API_URL: address.optional(),
  NETSUITE_API_URL: address.optional(),
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

const kafka: Group = { name: 'Kafka', all: ['KAFKA_BOOTSTRAP', 'KAFKA_TOPICS'] }

const segment: Group = { name: 'Segment', all: ['SEGMENT_SECRETS', 'SEGMENT_EVENTS'] }

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment once. Throws ConfigurationError with every fault as a sentence: what is missing or malformed, and
 * that a live Stripe key must not meet a sandbox elsewhere.
 */
export function readEnvironment(variables: Variables): Environment {
  const { environment, faults } = inspectEnvironment(variables)
  if (faults.length > 0) throw new ConfigurationError(faults)
  return environment
}

/**
 * Reads the settings that need no vendor: where the data is and where the hub listens. Throws ConfigurationError for what is malformed;
 * what a vendor would need may be missing.
 */
export function readOwnSettings(variables: Variables): Environment {
  const { environment, malformed } = parseVariables(variables)
  if (malformed.size > 0) throw new ConfigurationError([...malformed.values()])
  return environment
}

/** The settings as far as they can be read, and every fault as a sentence; for those who show all that is wrong. */
export function inspectEnvironment(variables: Variables): { environment: Environment; faults: string[] } {
  const { environment, malformed } = parseVariables(variables)
  const missing = missingConnections(environment).filter(({ name }) => !malformed.has(name))
  const faults = [
    ...malformed.values(),
    ...missing.map(({ sentence }) => sentence),
    ...mixedModes(environment),
  ]
  return { environment, faults }
}

/** Whether not one setting of a vendor is there: nobody has begun to connect anything. */
export function hasNoVendor(variables: Variables): boolean {
  return !Object.entries(variables).some(
    ([name, value]) => name in Environment.shape && isVendors(name) && value !== undefined && value !== '',
  )
}

/** Settings with our prefix that we do not know: mostly misspelt. */
export function unknownSettings(variables: Variables): string[] {
  return Object.keys(variables).filter(
    (name) => name.startsWith('TIEOUT_') && name !== killSwitch && !(name in Environment.shape),
  )
}

/** Where the demo ends its process on purpose, for the tests of recovery. */
const killSwitch = 'TIEOUT_KILL_AT'

function isVendors(name: string): boolean {
  return /^(STRIPE|SALESFORCE|HUBSPOT|NETSUITE)_/.test(name)
}

/** An empty value counts as none: that is how many tools pass what is not set. What is malformed is left out, and told. */
function parseVariables(variables: Variables): { environment: Environment; malformed: Map<string, string> } {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(given)
  if (parsed.success) return { environment: parsed.data, malformed: new Map() }
  const malformed = new Map(
    parsed.error.issues.map(({ path, message }) => [
      String(path[0]),
      `${String(path[0])} cannot be used: ${message}.`,
    ]),
  )
  for (const name of malformed.keys()) delete given[name]
  return { environment: Environment.parse(given), malformed }
}

/** Whether every setting of a group is there. */
export function has(
  environment: Environment,
  group: 'salesforce' | 'hubspot' | 'netsuite-token' | 'kafka',
): boolean {
  const { all } = { salesforce, hubspot, 'netsuite-token': tokenBased, kafka }[group]
  return all.every((name) => isSet(environment, name))
}

/** A setting that is not there, and what that means. */
type Missing = { readonly name: string; readonly sentence: string }

function missingConnections(environment: Environment): Missing[] {
  const missing: Missing[] = []
  if (!isSet(environment, 'STRIPE_SECRET_KEY')) {
    missing.push(missingOne('STRIPE_SECRET_KEY', 'without it nothing can be billed.'))
  }
  if (environment.STRIPE_WEBHOOK_SECRETS.length === 0) {
    missing.push(missingOne('STRIPE_WEBHOOK_SECRETS', "without it Stripe's messages cannot be believed."))
  }
  const crms = [salesforce, hubspot].filter(({ all }) => all.some((name) => isSet(environment, name)))
  if (crms.length === 0) {
    const sentence = 'No CRM is connected: set the SALESFORCE_… or the HUBSPOT_… settings.'
    missing.push({ name: '', sentence })
  }
  const erp = isSet(environment, 'NETSUITE_CONSUMER_KEY') ? tokenBased : oauth
  return [
    ...missing,
    ...[...crms, erp].flatMap((group) => missingOf(environment, group)),
    ...missingOfKafka(environment),
    ...(segment.all.some((name) => isSet(environment, name)) ? missingOf(environment, segment) : []),
  ]
}

function missingOfKafka(environment: Environment): Missing[] {
  const { KAFKA_SASL_MECHANISM: mechanism } = environment
  const signIn: (keyof Environment)[] =
    mechanism === 'OAUTHBEARER' ? ['KAFKA_SASL_TOKEN'] : ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']
  const all = mechanism === undefined ? kafka.all : [...kafka.all, ...signIn]
  return all.some((name) => isSet(environment, name)) ? missingOf(environment, { ...kafka, all }) : []
}

function missingOf(environment: Environment, { name, all }: Group): Missing[] {
  return all.filter((key) => !isSet(environment, key)).map((key) => missingOne(key, `${name} needs it.`))
}

function missingOne(name: string, why: string): Missing {
  return { name, sentence: `${name} is missing: ${why}` }
}

/** Whether this deployment moves real money: Stripe's key says so. */
export function isLive({ STRIPE_SECRET_KEY }: Pick<Environment, 'STRIPE_SECRET_KEY'>): boolean {
  return STRIPE_SECRET_KEY?.includes('_live_') === true
}

/** Live money must not be driven by a test CRM or booked into a test ERP (reliability: modes must match). */
function mixedModes(environment: Environment): string[] {
  const sandboxes = [
    environment.SALESFORCE_LOGIN_URL?.includes('.sandbox.') === true ? 'a Salesforce sandbox' : null,
    /_SB\d+$/i.test(environment.NETSUITE_ACCOUNT ?? '') ? 'a NetSuite sandbox' : null,
  ].filter((name) => name !== null)
  if (!isLive(environment) || sandboxes.length === 0) return []
  return [
    `STRIPE_SECRET_KEY is a live key, but ${sandboxes.join(' and ')} is connected: live and test must not mix.`,
  ]
}

function isSet(environment: Environment, name: keyof Environment): boolean {
  const value = environment[name]
  return typeof value === 'string' ? value !== '' : value !== undefined
}
