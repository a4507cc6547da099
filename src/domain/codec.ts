import * as z from 'zod'
import type { Money } from './money.ts'
import { isCalendarDate } from './calendar.ts'

/**
 * Shapes that cross the database and the API. Decoding gives the domain's values, encoding gives JSON:
 * whole numbers travel as strings, because JSON numbers end at 2^53.
 */

/** A whole number: a string of digits in JSON, a bigint here. */
export const WholeNumber = z.codec(z.string().regex(/^-?\d{1,30}$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => value.toString(),
})

/** Money: `{ "currency": "USD", "amount": "960" }` in JSON, minor units. */
export const MoneyCodec = z.codec(
  z.object({ currency: z.string().regex(/^[A-Z]{3}$/), amount: z.string().regex(/^-?\d{1,30}$/) }),
  z.custom<Money>(),
  {
    decode: ({ currency, amount }) => ({ currency, amountMinor: BigInt(amount) }),
    encode: ({ currency, amountMinor }) => ({ currency, amount: amountMinor.toString() }),
  },
)

/** An exact decimal, such as a rate finer than a cent: a string on both sides. */
export const Decimal = z.string().regex(/^-?\d{1,30}(\.\d{1,18})?$/)

/** A day of the calendar, `YYYY-MM-DD`. */
export const CalendarDateCodec = z.string().refine(isCalendarDate, 'not a day of the calendar')
