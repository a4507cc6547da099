import type postgres from 'postgres'

/** Longer statements carry lists of values, and so many shapes that keeping each would fill the server's memory. */
const keptCharactersAtMost = 4_000

/**
 * A client that keeps statements prepared, in its pool and in its transactions. Drizzle asks for the contrary with every statement, which
 * costs a second round trip each time. `?prepare=false` in the address turns it off, for poolers that cannot keep statements.
 */
export function preparing<Client extends postgres.ISql>(client: Client): Client {
  return new Proxy(client, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key)
      if (key === 'unsafe') return prepared(target)
      if (key === 'begin' || key === 'savepoint') return within(member as Begin, target)
      return member
    },
  })
}

function prepared(client: postgres.ISql): postgres.ISql['unsafe'] {
  return (statement, parameters, options) =>
    client.unsafe(statement, parameters, { ...options, prepare: statement.length <= keptCharactersAtMost })
}

type Work = (client: postgres.TransactionSql) => unknown
type Begin = (...words: [...string[], Work]) => unknown

/** What runs in a transaction gets a client that prepares too. */
function within(begin: Begin, client: postgres.ISql): Begin {
  return (...words) => {
    const work = words.pop() as Work
    return begin.call(client, ...(words as string[]), (inner) => work(preparing(inner)))
  }
}
