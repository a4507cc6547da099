/** What one would write first: a Hono route that puts each event it is sent into a table by one Drizzle insert. BENCH_DATABASE says where. */
import { serve } from '@hono/node-server'
import { drizzle } from 'drizzle-orm/postgres-js'
import { numeric, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { Hono } from 'hono'
import postgres from 'postgres'

const plainUsage = pgTable(
  'plain_usage',
  {
    source: text('source').notNull(),
    id: text('id').notNull(),
    requestId: uuid('request_id'),
    meter: text('meter').notNull(),
    subject: text('subject').notNull(),
    occurredAt: timestamp('occurred_at', { withTimezone: true }).notNull(),
    value: numeric('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.source, table.id] })],
)

type Event = {
  readonly source: string
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly data: { readonly value: string }
}

const database = drizzle(postgres(process.env['BENCH_DATABASE'] ?? '', { max: 12 }))
const app = new Hono()
app.post('/v1/events', async (c) => {
  const { source, id, type, subject, time, data } = await c.req.json<Event>()
  const row = { source, id, meter: type, subject, occurredAt: new Date(time), value: data.value }
  await database.insert(plainUsage).values(row).onConflictDoNothing()
  return c.json({ accepted: 1 }, 202)
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(
    `${JSON.stringify({ level: 'info', event: 'started', url: `http://127.0.0.1:${port}` })}\n`,
  )
})
process.once('SIGTERM', () => process.exit(0))
