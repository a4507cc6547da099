import postgres from 'postgres'
import { countStatement, countTransaction, watchPort } from './observation.ts'

/** The driver as the store imports it, with every statement and transaction counted where it is asked for. */
const counted = (url: string, options: postgres.Options<Record<string, never>>) => {
  watchPort(Number(new URL(url).port))
  const client = postgres(url, options)
  countStatements(client)
  const begin = client.begin.bind(client) as unknown as Begin
  const countedBegin: Begin = (work) => {
    countTransaction()
    return begin((transaction) => {
      countStatements(transaction)
      return work(transaction)
    })
  }
  return Object.assign(client, { begin: countedBegin })
}

export default Object.assign(counted, { PostgresError: postgres.PostgresError })

/** What Drizzle asks for statements with: the pool, or the connection of an open transaction. */
type Asked = { unsafe(text: string, ...rest: never[]): unknown }

type Begin = (work: (transaction: Asked) => unknown) => unknown

/** Counts in place, so that a store which wraps the driver further is counted once all the same. */
function countStatements(asked: Asked): void {
  const unsafe = asked.unsafe.bind(asked)
  asked.unsafe = (text, ...rest) => {
    countStatement(text)
    return unsafe(text, ...rest)
  }
}
