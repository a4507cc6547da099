import { jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { count, instant } from './column.ts'

/** How far each partition of a source of usage was read; `position` is the source's own word. */
export const usagePosition = pgTable(
  'usage_position',
  {
    source: text('source').notNull(),
    partition: text('partition').notNull(),
    position: text('position').notNull(),
    movedAt: instant('moved_at').notNull(),
    beganAt: instant('began_at'),
  },
  (held) => [primaryKey({ columns: [held.source, held.partition] })],
)

/** A refused event as it came, shortened, and where the source has it. */
export type RefusedSample = { readonly place: string; readonly found: string; readonly why: string }

/** How many events of a source were refused for one code, with the latest few. */
export const refusedUsage = pgTable(
  'refused_usage',
  {
    source: text('source').notNull(),
    code: text('code').notNull(),
    eventCount: count('event_count').notNull(),
    samples: jsonb('samples').$type<readonly RefusedSample[]>().notNull(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
  },
  (refused) => [primaryKey({ columns: [refused.source, refused.code] })],
)
