import { readdirSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../src/ports/clock.ts'
import { bareVariables, ownFolder, startTieout } from './processes.ts'

const folder = ownFolder()
afterAll(() => folder.remove())

test('Ctrl-C in the middle of the demo stops its server and leaves no books behind, and ends with 130', async () => {
  const before = readdirSync(folder.path)
  const running = startTieout(['demo', '--once'], { ...bareVariables(folder.path), TMPDIR: folder.path })
  const until = systemClock.now().getTime() + 60_000
  while (!running.said().stderr.includes('Five deals closed') && systemClock.now().getTime() < until)
    await systemClock.sleep(100)
  const books = readdirSync(folder.path).filter((name) => !before.includes(name))
  expect(books).toEqual([expect.stringMatching(/^tieout-demo-/)])
  running.kill('SIGINT')
  const { code, stdout, stderr } = await running.ended
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).not.toContain('the data is kept in')
  expect(readdirSync(folder.path)).toEqual(before)
}, 120_000)
