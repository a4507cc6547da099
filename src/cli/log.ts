import type { Environment } from '../config.ts'
import type { Clock } from '../ports/clock.ts'

/** One line of JSON for each event, so that machines can read what people search. */
export type Log = {
  info(event: string, details?: Details): void
  warn(event: string, details?: Details): void
  error(event: string, error: unknown): void
}

type Details = Readonly<Record<string, unknown>>

/** Makes a log that writes lines; secrets never leave through it, whoever put them into a message. */
export function jsonLog(
  clock: Clock,
  environment: Partial<Environment>,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Log {
  const secrets = secretsOf(environment)
  const line = (level: string, event: string, details: Details) => {
    const text = JSON.stringify({ time: clock.now().toISOString(), level, event, ...details }, writable)
    write(`${secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text)}\n`)
  }
  return {
    info: (event, details = {}) => line('info', event, details),
    warn: (event, details = {}) => line('warn', event, details),
    error: (event, error) => line('error', event, detailsOf(error)),
  }
}

function detailsOf(error: unknown): Details {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  return { name, message, stack, ...(cause === undefined ? {} : { cause: detailsOf(cause) }) }
}

function writable(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** Texts that must not be shown, as they look inside JSON. Short ones are left out: they would blank out half the log. */
function secretsOf(environment: Partial<Environment>): string[] {
  const named = Object.entries(environment)
    .filter(([name]) => /(SECRET|SECRETS|TOKEN|KEY|PASSWORD)$/.test(name))
    .flatMap(([, value]) => value as string | string[] | undefined)
  return [...named, passwordOf(environment.DATABASE_URL)]
    .filter((secret) => secret !== undefined && secret.length >= 8)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
}

function passwordOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).password
}
