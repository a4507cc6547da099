import * as z from 'zod'
import { collection, pageOf } from './record-reads.ts'
import type { Reply } from './reply.ts'
import { errorReply, invalidRequest, jsonReply } from './reply.ts'
import { runSql } from './sql-run.ts'
import { sqlTable } from './sql-tables.ts'
import { SqlError } from './sql-words.ts'
import type { NetSuiteState } from './state.ts'

const QueryBody = z.object({ q: z.string(), params: z.array(z.unknown()).default([]) })

const mostRows = 100_000

/** Answers `POST query/v1/suiteql`. `prefer` is the header of that name, which must say `transient`. */
export function answerSuiteQl(
  state: NetSuiteState,
  request: {
    readonly prefer: string
    readonly query: Readonly<Record<string, string>>
    readonly body: string
    readonly address: string
  },
): Reply {
  if (!/\btransient\b/i.test(request.prefer))
    return errorReply(invalidRequest("The required header 'Prefer' is missing or is not 'transient'."))
  const page = pageOf(request.query)
  if (page === null)
    return errorReply(invalidRequest('The offset must be a multiple of the limit of 1 to 1000.'))
  const asked = QueryBody.safeParse(parsed(request.body))
  if (!asked.success) return errorReply(invalidRequest('The request body must name a query as q.'))
  try {
    const rows = runSql(asked.data.q, {
      tableOf: (name) => sqlTable(state, name),
      parameters: asked.data.params,
    }).slice(0, mostRows)
    const items = rows
      .slice(page.offset, page.offset + page.limit)
      .map((row) => ({ links: [], ...written(row, state.settings.nullColumns) }))
    const address = `${request.address}/services/rest/query/v1/suiteql`
    return jsonReply(collection(items, rows.length, page.offset, address), 'collection')
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    return errorReply(
      invalidRequest(`Invalid search query. Detailed unprocessed description follows. ${error.message}`),
    )
  }
}

function written(row: Record<string, string | null>, nullColumns: 'left-out' | 'written'): object {
  if (nullColumns === 'written') return row
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
