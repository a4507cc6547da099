import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import type { PostedCounts, PostedEvent } from './post-usage.ts'
import { postUsage } from './post-usage.ts'
import { customerNamed } from './story.ts'
import type { Tell } from './story.ts'
import { traceDeal } from './story-deals.ts'
import type { World } from './world.ts'

/** What the hub acknowledged of a trace: when it was sent, and when all of it was sent again. */
export type TraceCounts = { readonly sent: PostedCounts; readonly sentAgain: PostedCounts }

/**
 * Replays a trace of LLM requests as the use of one customer, context and generated tokens as two meters, each request sent twice.
 * What was accepted is what is counted and billed.
 */
export async function playUsageTrace(world: World, file: string, tell: Tell): Promise<TraceCounts> {
  const rows = parse(await readFile(file, 'utf8'), { columns: true, skip_empty_lines: true }) as Record<
    string,
    string
  >[]
  const first = instantOf(rows[0]?.['TIMESTAMP'] ?? '')
  await world.advanceTo(new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), 1, 15)))
  const startsOn = world.now().toISOString().slice(0, 10)
  const id = await world.fakes.act<string>('salesforce', 'addDeal', { ...traceDeal, CloseDate: startsOn })
  await world.fakes.act('salesforce', 'closeDeal', id)
  await world.settle()
  const { crmAccountId } = await customerNamed(world, traceDeal.account.Name)
  const events = rows.flatMap((row, index) => eventsOf(row, index, crmAccountId))
  const last = instantOf(rows.at(-1)?.['TIMESTAMP'] ?? '')
  await world.advanceTo(new Date(last.getTime() + 60_000))
  const send = async (when: string): Promise<PostedCounts> => {
    const counts = await postUsage(world, events)
    tell(`${events.length} events ${when}: ${counts.accepted} accepted, ${counts.duplicates} duplicates.`)
    return counts
  }
  const counts = { sent: await send('sent'), sentAgain: await send('sent again') }
  const monthEnd = new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + 1, 4, 18))
  await world.advanceTo(monthEnd)
  tell('The month ended: the invoice is final and the month is closed.')
  return counts
}

function eventsOf(row: Record<string, string>, index: number, subject: string): PostedEvent[] {
  const time = instantOf(row['TIMESTAMP'] ?? '').toISOString()
  return (['ContextTokens', 'GeneratedTokens'] as const).map((column) => ({
    id: `${index}-${column}`,
    source: 'demo/llm-trace',
    type: column === 'ContextTokens' ? 'context_tokens' : 'generated_tokens',
    subject,
    time,
    data: { value: row[column] ?? '0' },
  }))
}

/** The trace writes UTC as `2023-11-16 18:15:46.6805900`. */
function instantOf(text: string): Date {
  return new Date(`${text.slice(0, 23).replace(' ', 'T')}Z`)
}
