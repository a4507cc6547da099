import type { Outcome } from './run-command.ts'
import type { ArchivedOrHeld } from './usage-archive.ts'

/** What is told of months that were put away, or would be, and of those that something holds back. */
export function archiveOutcome(
  became: readonly ArchivedOrHeld[],
  folder: string,
  isDryRun: boolean,
): Outcome {
  const held = became.filter(({ kind }) => kind === 'held')
  const done = isDryRun ? 'No month can be put away.' : 'No month was put away.'
  return {
    data: { dry_run: isDryRun, into: folder, months: became.map(monthOut) },
    text: became.length === 0 ? done : became.map((month) => monthText(month, folder)).join('\n'),
    ...(held.length > 0 ? { exit: 'partial' as const } : {}),
  }
}

function monthOut(became: ArchivedOrHeld) {
  const { month, kind: state } = became
  if (became.kind === 'held') return { month, state, code: became.code, reason: became.reason }
  if (became.kind === 'due') return { month, state, events: became.eventCount }
  const { content, files } = became.putAway
  return {
    month,
    state,
    events: content.eventCount,
    content_hash: content.contentHash,
    quantities: content.quantities,
    files: files.map(({ name, fileHash, eventCount }) => ({ name, file_hash: fileHash, events: eventCount })),
  }
}

function monthText(became: ArchivedOrHeld, folder: string): string {
  const { month } = became
  if (became.kind === 'held') return `${month}  stays: ${became.reason}`
  if (became.kind === 'due') return `${month}  ${eventsText(became.eventCount)} can be put away in ${folder}`
  const { content, files } = became.putAway
  const lines = files.map(({ name }) => `\n         ${name}`)
  return `${month}  ${eventsText(content.eventCount)} put away in ${folder}${lines.join('')}`
}

function eventsText(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'event' : 'events'}`
}
