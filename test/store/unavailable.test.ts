import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { quickSocket } from '../../src/store/quick-socket.ts'
import { openStore } from '../../src/store/unit-of-work.ts'
import { isUnavailable } from '../../src/store/unavailable.ts'
import { virtualClock } from '../../src/ports/clock.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { start } from './store.ts'

test('a file that is not there says nothing about the database', async () => {
  const error: unknown = await readFile('no-such-file').catch((refused: unknown) => refused)
  expect(error).toMatchObject({ code: 'ENOENT' })
  expect(isUnavailable(error)).toBe(false)
})

test.each([
  ['the driver’s sockets', {}],
  ['quick sockets', { socket: quickSocket }],
])('a database nobody listens for is unavailable, by port and by socket: %s', async (_how, sockets) => {
  for (const url of ['postgres://nobody@127.0.0.1:1/none', 'postgres://nobody@%2Fno-such-folder/none']) {
    const options = { url, maxConnections: 1, clock: virtualClock(start), random: seededRandom(1) }
    const store = openStore({ ...options, ...sockets })
    const error: unknown = await store
      .unitOfWork((unit) => unit.tx.execute('select 1'))
      .catch((refused: unknown) => refused)
    expect([url, isUnavailable(error)]).toEqual([url, true])
    await store.close()
  }
})
