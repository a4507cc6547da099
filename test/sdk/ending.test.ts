import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { bareVariables, ownFolder, start } from '../cli/processes.ts'
import { closing, key } from './own-endpoint.ts'
import { endpointTwin, serveEndpoint } from './endpoint.ts'

const program = fileURLToPath(new URL('ending-program.ts', import.meta.url))
const folder = ownFolder()
afterAll(() => folder.remove())

async function endpointWith(...words: string[]) {
  const { backend, held } = endpointTwin(key)
  const endpoint = closing(await serveEndpoint(backend))
  const [withKey = key, ...rest] = words
  const running = start(
    process.execPath,
    [program, endpoint.url, withKey, ...rest],
    bareVariables(folder.path),
  )
  return { endpoint, held, running }
}

test('SIGTERM sends the 4 events of two instances, and then ends the process as it would have', async () => {
  const { held, running } = await endpointWith(key, 'SIGTERM', '2')
  await running.saying('ready')
  running.kill('SIGTERM')
  expect(await running.ended).toEqual({ code: null, stdout: 'ready\n', stderr: '' })
  expect(held.size).toBe(4)
})

test('where the program listens to SIGTERM itself, it says when to end: 2 events are sent and it ends with 3', async () => {
  const { held, running } = await endpointWith(key, 'SIGTERM', '1', 'own')
  await running.saying('ready')
  running.kill('SIGTERM')
  expect(await running.ended).toMatchObject({ code: 3, stderr: '' })
  expect(held.size).toBe(2)
})

test('a second SIGTERM ends a process at once that still waits for a hub that hangs', async () => {
  const { endpoint, running } = await endpointWith(key, 'SIGTERM', '1')
  endpoint.faults.push({ kind: 'hang' })
  await running.saying('ready')
  running.kill('SIGTERM')
  await expect.poll(() => endpoint.requests.length, { timeout: 5_000 }).toBe(1)
  running.kill('SIGTERM')
  expect(await running.ended).toEqual({ code: null, stdout: 'ready\n', stderr: '' })
})

test('a program that ends by itself first sends its 2 events and ends with 0', async () => {
  const { held, running } = await endpointWith(key, 'beforeExit', '1')
  expect(await running.ended).toEqual({ code: 0, stdout: 'ready\n', stderr: '' })
  expect(held.size).toBe(2)
})

test('a program that ends by itself while the key is refused tells that 2 events were not sent', async () => {
  const { held, running } = await endpointWith('tieout_test_old', 'beforeExit', '1')
  const { code, stdout } = await running.ended
  expect(code).toBe(0)
  expect(stdout).toContain('stopped The hub answered 401')
  expect(stdout).toContain('not-sent 2 events could not be sent in time; they are lost with this process.\n')
  expect(held.size).toBe(0)
})
