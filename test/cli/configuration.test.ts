import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { clockCheck } from '../../src/cli/commands/doctor-database.ts'
import { versionFault } from '../../src/cli/database-version.ts'
import { envFileText } from '../../src/cli/env-file.ts'
import { jsonLog } from '../../src/cli/log.ts'
import { hubVariables, packageFolder } from '../../src/cli/hub-variables.ts'
import { hasNoVendor, inspectEnvironment, readOwnSettings, unknownSettings } from '../../src/config.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { bareVariables, logOf, ownFolder, startHub, tieout } from './processes.ts'

const folder = ownFolder()
const env = bareVariables(folder.path)
afterAll(() => folder.remove())

const connected = {
  STRIPE_SECRET_KEY: 'sk_live_1234567890',
  STRIPE_WEBHOOK_SECRETS: 'whsec_1234567890',
  SALESFORCE_LOGIN_URL: 'https://acme.my.salesforce.com',
  SALESFORCE_CLIENT_ID: 'id',
  SALESFORCE_CLIENT_SECRET: 'salesforce-secret',
  SALESFORCE_ORGANIZATION_ID: '00D000000000001EAA',
  NETSUITE_ACCOUNT: '1234567',
  NETSUITE_CLIENT_ID: 'id',
  NETSUITE_CERTIFICATE_ID: 'certificate',
  NETSUITE_PRIVATE_KEY: 'key',
}

describe('the hub refuses to start with every fault as a sentence, and exit 78', () => {
  test('with nothing set: 7 sentences, nothing on stdout', async () => {
    const { code, stdout, stderr } = await startHub(env).ended
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    expect(stderr.split('\n').filter((line) => line.startsWith('  - '))).toEqual([
      '  - STRIPE_SECRET_KEY is missing: without it nothing can be billed.',
      "  - STRIPE_WEBHOOK_SECRETS is missing: without it Stripe's messages cannot be believed.",
      '  - No CRM is connected: set the SALESFORCE_… or the HUBSPOT_… settings.',
      '  - NETSUITE_ACCOUNT is missing: NetSuite needs it.',
      '  - NETSUITE_CLIENT_ID is missing: NetSuite needs it.',
      '  - NETSUITE_CERTIFICATE_ID is missing: NetSuite needs it.',
      '  - NETSUITE_PRIVATE_KEY is missing: NetSuite needs it.',
    ])
  })

  test('settings and mapping files are told together', async () => {
    const { code, stderr } = await startHub({
      ...env,
      ...connected,
      TIEOUT_PORT: 'x',
      TIEOUT_MAPPINGS_DIR: folder.path,
    }).ended
    expect(code).toBe(78)
    expect(stderr).toContain('TIEOUT_PORT cannot be used: it must be a whole number from 0 to 65535.')
    expect(stderr).toContain(`${join(folder.path, 'netsuite.yaml')} cannot be read.`)
    expect(stderr).toContain(`${join(folder.path, 'salesforce.yaml')} cannot be read.`)
  })

  test('a live Stripe key beside a NetSuite sandbox (E9-156)', async () => {
    const { code, stderr } = await startHub({ ...env, ...connected, NETSUITE_ACCOUNT: '1234567_SB1' }).ended
    expect(code).toBe(78)
    expect(stderr).toContain(
      'STRIPE_SECRET_KEY is a live key, but a NetSuite sandbox is connected: live and test must not mix.',
    )
    expect(stderr).not.toContain(connected.STRIPE_SECRET_KEY)
  })

  test('a private key that is none, before any database is made', async () => {
    const { code, stdout, stderr } = await startHub({ ...env, ...connected }).ended
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    expect(stderr).toMatch(/private key/i)
  })

  test('an unknown setting with our prefix only warns, and stops with --strict (E9-157)', async () => {
    const { code, stderr } = await startHub({ ...env, TIEOUT_PROT: '1' }, ['--strict']).ended
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: 'Tieout cannot start:\n  - TIEOUT_PROT is not a setting of Tieout.\n',
    })
    const warned = await tieout(['keys', 'create', '--for-bootstrap'], { ...env, TIEOUT_PROT: '1' })
    expect(warned.code).toBe(0)
    expect(warned.stderr).toContain('Warning: TIEOUT_PROT is not a setting of Tieout.')
  })
})

describe('commands', () => {
  test('where no hub has ever run: 78, with three ways on', async () => {
    const { code, stdout, stderr } = await tieout(['deals', 'list', '--json'], env)
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    const problem = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as {
      code: string
      errors: { message: string }[]
    }
    expect(problem.code).toBe('configuration')
    expect(problem.errors[0]?.message).toContain('npm start')
    expect(problem.errors[0]?.message).toContain('--data-dir')
    expect(problem.errors[0]?.message).toContain('DATABASE_URL')
  })

  test('a server that does not answer: 75, worth trying again', async () => {
    const url = 'postgres://nobody:secret-word@127.0.0.1:1/none'
    const { code, stdout, stderr } = await tieout(['deals', 'list', '--json'], { ...env, DATABASE_URL: url })
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' })
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      code: 'temporary',
      retryable: true,
    })
    expect(stderr).not.toContain('secret-word')
  })

  test('doctor names each fault with its fix, sends nothing, and ends with 78', async () => {
    const { code, stdout } = await tieout(['doctor'], { ...env, ...connected, NETSUITE_CLIENT_ID: '' })
    expect(code).toBe(78)
    expect(stdout).toContain('✗ environment: NETSUITE_CLIENT_ID is missing: NetSuite needs it.\n    → Set it')
    expect(stdout).toContain('✓ mapping salesforce: sound')
    expect(stdout).toContain('! vendors: not asked')
  })
})

test('what is malformed is told once, and not called missing too', () => {
  const { faults } = inspectEnvironment({
    ...connected,
    SALESFORCE_LOGIN_URL: 'acme',
    DATABASE_URL: 'mysql://x',
  })
  expect(faults).toEqual([
    'DATABASE_URL cannot be used: it must be an address that begins with postgres://.',
    'SALESFORCE_LOGIN_URL cannot be used: it must be an address that begins with https:// or http://.',
  ])
})

test('of Kafka 2 settings are malformed and 2 are missing: 4 sentences, and none when it is all there', () => {
  expect(
    inspectEnvironment({ ...connected, KAFKA_BOOTSTRAP: 'a:9092, b:9093', KAFKA_TOPICS: 'usage' }).faults,
  ).toEqual([])
  const { faults } = inspectEnvironment({
    ...connected,
    KAFKA_TOPICS: 'usage',
    KAFKA_TLS: 'yes',
    KAFKA_GROUP: 'two words',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
    KAFKA_SASL_USERNAME: 'tieout',
  })
  expect(faults).toEqual([
    'KAFKA_GROUP cannot be used: it must be one word.',
    'KAFKA_TLS cannot be used: it must be true or false.',
    'KAFKA_BOOTSTRAP is missing: Kafka needs it.',
    'KAFKA_SASL_PASSWORD is missing: Kafka needs it.',
  ])
  expect(
    inspectEnvironment({ ...connected, KAFKA_BOOTSTRAP: 'kafka://a', KAFKA_TOPICS: 'usage' }).faults,
  ).toEqual(['KAFKA_BOOTSTRAP cannot be used: it must be brokers as host:port, by comma or space.'])
})

test("Segment's 2 settings go together, and a meter of large letters is told with the event it stands in", () => {
  expect(inspectEnvironment({ ...connected, SEGMENT_SECRETS: 'a b' }).faults).toEqual([
    'SEGMENT_EVENTS is missing: Segment needs it.',
  ])
  const { faults } = inspectEnvironment({
    ...connected,
    SEGMENT_SECRETS: 'a',
    SEGMENT_EVENTS: '{"Used":{"meter":"T"}}',
  })
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain('SEGMENT_EVENTS cannot be used: it must be JSON such as')
  expect(faults[0]).toContain('Used.meter must be the name of a meter')
})

test('an empty variable is no variable, and one vendor setting is one too many for a hub among fakes', () => {
  expect(readOwnSettings({ DATABASE_URL: '', TIEOUT_PORT: '' })).toMatchObject({ TIEOUT_PORT: 8790 })
  expect(hasNoVendor({ STRIPE_SECRET_KEY: '', TIEOUT_PORT: '1', PATH: '/bin' })).toBe(true)
  expect(hasNoVendor({ HUBSPOT_PORTAL_ID: '1' })).toBe(false)
  expect(unknownSettings({ TIEOUT_PORT: '1', TIEOUT_KILL_AT: 'x', TIEOUT_DATADIR: 'x', OTHER: 'x' })).toEqual(
    ['TIEOUT_DATADIR'],
  )
})

test('the environment goes before the file of settings, the file before the folders of the installation', () => {
  const file = join(folder.path, 'settings')
  const pem = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
  writeFileSync(file, envFileText({ TIEOUT_PORT: '1', TIEOUT_HOST: '::1', NETSUITE_PRIVATE_KEY: pem }))
  const variables = hubVariables({ TIEOUT_ENV_FILE: file, TIEOUT_PORT: '2', TIEOUT_HOST: '' })
  expect(variables).toMatchObject({ TIEOUT_PORT: '2', TIEOUT_HOST: '::1', NETSUITE_PRIVATE_KEY: pem })
  expect(variables['TIEOUT_MAPPINGS_DIR']).toBe(join(packageFolder, 'mappings'))
  expect(() => hubVariables({ TIEOUT_ENV_FILE: join(folder.path, 'none') })).toThrow(/cannot be read/)
})

test('PostgreSQL 14 is refused by name, 15 will do (E9-161)', () => {
  expect(versionFault({ version: 140_022, versionName: '14.22' })).toBe(
    'DATABASE_URL is a PostgreSQL 14.22, and Tieout needs 15 or newer.',
  )
  expect(versionFault({ version: 150_000, versionName: '15.0' })).toBeNull()
})

test('a clock 120 seconds off is a fault, 119 is not (E9-160)', () => {
  const now = new Date('2026-01-01T00:00:00Z')
  const off = (seconds: number) => clockCheck(now, new Date(now.getTime() + seconds * 1_000)).state
  expect([off(119), off(-119), off(120), off(-120)]).toEqual(['good', 'good', 'fault', 'fault'])
})

test('the log is one line of JSON an event, and secrets do not leave by it, whoever put them there', () => {
  const lines: string[] = []
  const secrets = {
    STRIPE_SECRET_KEY: 'sk_test_0123456789',
    STRIPE_WEBHOOK_SECRETS: ['whsec_0123456789'],
    NETSUITE_PRIVATE_KEY: 'line one\nline two',
    DATABASE_URL: 'postgres://owner:pass-word@db/tieout',
  }
  const log = jsonLog(virtualClock(new Date('2026-01-01T00:00:00Z')), secrets, (line) => lines.push(line))
  log.error('trouble', new Error('sk_test_0123456789 whsec_0123456789 line one\nline two pass-word'))
  log.info('started', { url: 'http://127.0.0.1:1' })
  expect(lines).toHaveLength(2)
  expect(lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1)).toBe(true)
  expect(logOf(lines.join(''))).toMatchObject([
    { level: 'error', event: 'trouble', message: '[secret] [secret] [secret] [secret]' },
    { level: 'info', event: 'started', url: 'http://127.0.0.1:1' },
  ])
  expect(lines.join('')).not.toMatch(/0123456789|pass-word|line two/)
})
