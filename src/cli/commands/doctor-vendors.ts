import type { TopicSeen } from '../../../connectors/kafka/inspect.ts'
import { ConfigurationError } from '../../config.ts'
import { dateIn, monthOf } from '../../domain/calendar.ts'
import type { Answer } from '../../ports/answer.ts'
import { systemClock } from '../../ports/clock.ts'
import type { Connections } from '../connections.ts'
import { sentenceOf } from '../failures.ts'
import type { Variables } from '../hub-variables.ts'
import type { Settings } from '../settings.ts'
import { readSettings } from '../settings.ts'
import { kafkaSettings } from '../usage-sources.ts'
import type { Check } from './doctor-checks.ts'
import { fault, good, note } from './doctor-checks.ts'

/** A deal no CRM has: asking for it proves the sign-in and that every mapped field may be read, and reads nobody's data. */
const nobodysDeal = { salesforce: '006000000000000AAA', hubspot: '1' } as const

/** Asks each connected vendor something harmless. Nothing is asked until the settings are sound. */
export async function vendorChecks(variables: Variables, isSound: boolean): Promise<Check[]> {
  if (!isSound) return [note('vendor', 'vendors', 'not asked', 'Mend the settings first.')]
  const settings = await readSettings(variables)
  const connections = await connected(settings)
  if ('fix' in connections) return [connections]
  const { crms, billing } = connections
  return Promise.all([
    ...[...crms.values()].map((crm) =>
      ask(
        crm.name,
        () => crm.readDeals([nobodysDeal[crm.name]]),
        () => 'signed in, and every mapped field may be read',
      ),
    ),
    ask(
      'stripe',
      () => billing.listSubscriptions(null),
      () => 'signed in',
    ),
    ...erpChecks(settings, connections),
    ...sourceChecks(settings),
  ])
}

async function connected(settings: Settings): Promise<Connections | Check> {
  const { connectVendors } = await import('../assemble-hub.ts')
  const mappings = settings.mappings.map(({ mapping }) => mapping)
  try {
    return connectVendors(settings, { clock: systemClock, mappings, publicUrl: 'http://127.0.0.1' })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return fault(
      'settings',
      'environment',
      error.faults.join(' '),
      'Set it in the environment or in the .env file.',
    )
  }
}

function erpChecks({ books }: Settings, { erp }: Connections): Promise<Check>[] {
  return books.entities.map(({ id, timeZone }) => {
    const month = monthOf(dateIn(timeZone, systemClock.now()))
    return ask(
      `netsuite ${id}`,
      () => erp.isOpen(id, month),
      (isOpen) => `signed in; ${month} is ${isOpen ? 'open' : 'locked'}`,
    )
  })
}

function sourceChecks({ environment }: Settings): Promise<Check>[] {
  const settings = kafkaSettings(environment)
  if (settings === null) return []
  const inspect = async () => (await import('../../../connectors/kafka/inspect.ts')).inspectTopics(settings)
  return [ask('kafka', inspect, (topics) => `answers; ${topics.map(topicWords).join(', ')}`)]
}

function topicWords({ topic, partitions }: TopicSeen): string {
  return `${topic} has ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`
}

async function ask<T>(
  name: string,
  call: () => Promise<Answer<T>>,
  words: (value: T) => string,
): Promise<Check> {
  try {
    const answer = await call()
    return answer.kind === 'ok' ? good('vendor', name, words(answer.value)) : refusal(name, answer)
  } catch (error) {
    return fault(
      'vendor',
      name,
      sentenceOf(error),
      'This should not happen: please report it with the output of --json.',
    )
  }
}

function refusal(name: string, answer: Exclude<Answer<unknown>, { kind: 'ok' }>): Check {
  switch (answer.kind) {
    case 'auth':
      return fault(
        'vendor',
        name,
        `refuses our credentials: ${answer.detail}`,
        `Renew the settings ${settingsOf(name)}.`,
      )
    case 'throttled':
      return note('vendor', name, 'asks us to slow down', 'Look again in a minute.')
    case 'transient':
    case 'unknown':
      return fault(
        'vendor',
        name,
        `cannot be reached: ${answer.detail}`,
        'Check the network and the vendor\u2019s status page.',
      )
    default:
      return fault(
        'vendor',
        name,
        `answers: ${answer.detail}`,
        `Check what the vendor grants, and the settings ${settingsOf(name)}.`,
      )
  }
}

function settingsOf(name: string): string {
  return `${(name.split(' ')[0] ?? '').toUpperCase()}_…`
}
