import postgres from 'postgres'
import { quickSocket } from '../../src/store/quick-socket.ts'
import { usageLoad, writeNumber } from './usage-load.ts'

/** COPY of events into a table of the same columns, the same primary key and as many rows, and nothing else. */
export type RawCopy = {
  /** Copies so many events in a transaction of their own. */
  copy(events: number): Promise<void>
  /** Fills the table until it holds as many rows as the hub's: what a key costs depends on how many there are. */
  grow(): Promise<void>
  close(): Promise<void>
}

/** Makes the table beside the hub's own, and two connections to it, as the hub has for usage. */
export async function openRawCopy(url: string, subjects: readonly string[], at: Date): Promise<RawCopy> {
  // Without Nagle's algorithm, as the hub connects: else raw COPY would mostly wait.
  const options = { max: 2, onnotice: () => undefined, socket: quickSocket }
  const database = postgres(url, options as postgres.Options<never>)
  await database`create table raw_usage (like usage_event, primary key (event_key))`
  const columns = await database<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = 'raw_usage'::regclass and attnum > 0 and not attisdropped and attname not in ('id', 'event_key')`
  const others = columns.map(({ name }) => name).filter((name) => name in valueOf)
  const load = usageLoad(
    (slot, hole) => {
      const subject = subjects[(slot * 31) % subjects.length] ?? ''
      const row = { slot, subject, at: at.toISOString() }
      return [`raw-${hole}`, noKey, ...others.map((name) => valueOf[name]?.(row))].join('\t')
    },
    { before: '', between: '\n', after: '\n' },
    writeNumberAndKey,
  )
  const statement = `copy raw_usage (${['id', 'event_key', ...others].join()}) from stdin`
  return {
    copy: async (events) => {
      await database.begin(async (sql) => {
        const stream = await sql.unsafe(statement).writable()
        await new Promise<void>((resolve, reject) => {
          stream.once('error', reject).once('finish', resolve)
          stream.end(load.next(events))
        })
      })
    },
    grow: async () => {
      const names = ['id', ...others]
      await database.unsafe(`
        insert into raw_usage (event_key, ${names.join()})
        select gen_random_uuid(), ${names.join()} from usage_event
        limit (select greatest(0, (select count(*) from usage_event) - (select count(*) from raw_usage)))`)
    },
    close: () => database.end(),
  }
}

const noKey = '0'.repeat(32)

type Row = { readonly slot: number; readonly subject: string; readonly at: string }

/** What the columns hold that are the same for every event of a slot; a column that may be empty can be missing here. */
const valueOf: Readonly<Record<string, (row: Row) => string>> = {
  received_on: ({ at }) => at.slice(0, 10),
  body_hash: () => noKey,
  source: () => 'bench/gateway',
  customer_id: ({ subject }) => `cus_${subject}`,
  meter: () => 'tokens',
  subject: ({ subject }) => subject,
  occurred_at: ({ at }) => at,
  received_at: ({ at }) => at,
  value: ({ slot }) => String(100 + ((slot * 7) % 900)),
  properties: () => '{"region": "eu"}',
}

const seeds = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const
const digits = Buffer.from('0123456789abcdef')
const keyAfterNumber = 13

/** A key as evenly spread as a hash, at no cost. */
function writeNumberAndKey(row: Buffer, offset: number, number: number): void {
  writeNumber(row, offset, number)
  let place = offset + keyAfterNumber
  for (const seed of seeds) {
    let word = Math.imul(number ^ seed, seed)
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d)
    word ^= word >>> 13
    for (let shift = 28; shift >= 0; shift -= 4) row[place++] = digits[(word >>> shift) & 15] ?? 48
  }
}
