import { createKafkaSource } from '../../connectors/kafka/kafka.ts'
import type { KafkaSettings } from '../../connectors/kafka/settings.ts'
import type { Environment } from '../config.ts'
import { has } from '../config.ts'
import type { UsageSource } from '../ports/usage-source.ts'

/** Makes the sources of usage the environment asks for. Nothing is connected yet. */
export function connectUsageSources(environment: Environment): UsageSource[] {
  const kafka = kafkaSettings(environment)
  return kafka === null ? [] : [createKafkaSource(kafka)]
}

/** The settings of Kafka; null where it is not connected. */
export function kafkaSettings(environment: Environment): KafkaSettings | null {
  if (!has(environment, 'kafka')) return null
  const { KAFKA_BOOTSTRAP, KAFKA_TOPICS, KAFKA_GROUP, KAFKA_TLS } = environment
  return {
    bootstrap: KAFKA_BOOTSTRAP ?? [],
    topics: KAFKA_TOPICS ?? [],
    group: KAFKA_GROUP,
    tls: KAFKA_TLS === 'true' ? kafkaTls(environment) : null,
    sasl: kafkaSasl(environment),
  }
}

function kafkaTls(environment: Environment): NonNullable<KafkaSettings['tls']> {
  const { KAFKA_TLS_CA: ca, KAFKA_TLS_CERTIFICATE: certificate, KAFKA_TLS_KEY: key } = environment
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  }
}

function kafkaSasl(environment: Environment): KafkaSettings['sasl'] {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_TOKEN: token } = environment
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = environment
  if (mechanism === undefined) return null
  if (mechanism === 'OAUTHBEARER') return { mechanism, token: token ?? '' }
  return { mechanism, username: username ?? '', password: password ?? '' }
}
