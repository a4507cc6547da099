import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

/** An instant; a `Date` here. The clock's time is always passed in, so no default. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** A whole number up to 2^63 - 1; a bigint here. */
export const whole = (name: string) => bigint(name, { mode: 'bigint' })

/** A number that counts rows; safe as a JavaScript number. */
export const count = (name: string) => bigint(name, { mode: 'number' })

/** The number of a database transaction. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' })
