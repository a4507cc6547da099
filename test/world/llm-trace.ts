import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PostedEvent } from '../../src/cli/demo/post-usage.ts'
import { traceDeal } from '../../src/cli/demo/story-deals.ts'
import { fraction, seededRandom } from '../../src/ports/random.ts'

const file = resolve(process.env['DATA_DIR'] ?? '../shared/data', 'llm-usage/AzureLLMInferenceTrace_conv.csv')

/** Whether the trace of LLM requests is there (Azure, CC-BY 4.0; Patel et al., ISCA 2024). */
export const hasTrace = existsSync(file)

/** How many of the trace's 19,366 requests are played, spread over its hour: 2,000, or as many as `LLM_TRACE_ROWS` says. */
export const requestsPlayed = Number(process.env['LLM_TRACE_ROWS'] ?? '2000')

/** An LLM request of a customer: what went in, and what came out. */
export type Request = {
  readonly customer: number
  readonly time: string
  readonly tokensIn: string
  readonly tokensOut: string
}

/** Requests at even distances, the customers taking turns. The trace writes UTC as `2023-11-16 18:15:46.6805900`. */
export function readTrace(customers: number, requests: number): Request[] {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/)
  const distance = lines.length / Math.min(requests, lines.length)
  const played = Array.from(
    { length: Math.min(requests, lines.length) },
    (_none, index) => lines[Math.floor(index * distance)] ?? '',
  )
  return played.map((line, index) => {
    const [timestamp = '', tokensIn = '', tokensOut = ''] = line.split(',')
    const time = `${timestamp.slice(0, 23).replace(' ', 'T')}Z`
    return { customer: index % customers, time, tokensIn, tokensOut }
  })
}

/** A request as two usage events, under ids that are the same whenever they are sent. */
export function eventsOf(requests: readonly Request[], subjects: readonly string[]): PostedEvent[] {
  return requests.flatMap(({ customer, time, tokensIn, tokensOut }, index) => {
    const event = (type: string, value: string) => {
      const named = { id: `${index}-${type}`, source: 'llm-gateway', type, subject: subjects[customer] ?? '' }
      return { ...named, time, data: { value } }
    }
    return [event('context_tokens', tokensIn), event('generated_tokens', tokensOut)]
  })
}

/** The same events in an order of chance (Fisher and Yates). */
export function shuffled(events: readonly PostedEvent[], seed: number): PostedEvent[] {
  const random = seededRandom(seed)
  const order = [...events]
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(fraction(random) * (last + 1))
    ;[order[last], order[other]] = [order[other] as PostedEvent, order[last] as PostedEvent]
  }
  return order
}

/** Three customers on other terms: by the million from the first token on, with tokens included and a discount, and by the thousand. */
export const traceDeals = [
  deal('Quartz Assistants', {}, {}),
  deal(
    'Opal Answers',
    { Included_Units__c: 200_000, Overage_Price__c: 30, Overage_Discount__c: 12.5 },
    { Included_Units__c: 50_000, Overage_Price__c: 150, Overage_Discount__c: 12.5 },
  ),
  deal(
    'Topaz Tutors',
    { Unit_Size__c: 1_000, Overage_Price__c: 0.0333 },
    { Unit_Size__c: 1, Overage_Price__c: 0.000777 },
  ),
]

function deal(name: string, inTerms: object, outTerms: object) {
  return {
    ...traceDeal,
    Name: `${name}: tokens`,
    CloseDate: '2023-11-01',
    account: { ...traceDeal.account, Name: name },
    lines: traceDeal.lines.map((line, index) => ({ ...line, ...(index === 0 ? inTerms : outTerms) })),
  }
}
