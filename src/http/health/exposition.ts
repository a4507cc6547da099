import type { Reading } from '../../store/gauges.ts'

/** One metric with all its readings. */
export type Family = {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'summary'
  readonly help: string
  readonly readings: readonly Reading[]
}

/** Writes metrics as Prometheus reads them (text format 0.0.4). */
export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join('')
}

function familyText({ name, type, help, readings }: Family): string {
  const lines = readings.map((reading) => `${nameOf(name, reading)} ${reading.value}`)
  return [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

/** A summary's parts say which they are by the label `part`, which becomes the end of the name. */
function nameOf(name: string, { labels }: Reading): string {
  const { part, ...rest } = labels
  const pairs = Object.entries(rest).map(([label, value]) => `${label}="${escapeValue(value)}"`)
  return `${name}${part ? `_${part}` : ''}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`}`
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}
