import { afterAll, expect, test } from 'vitest'
import { freePort } from '../../src/cli/demo/serve.ts'
import { systemTransport } from '../../src/ports/transport.ts'
import { kafkaStream, openCluster } from '../conformance/kafka-world.ts'
import { eventText, until } from '../conformance/usage-source-world.ts'
import { bareVariables, ownFolder, startHub, startTwins, tieout } from './processes.ts'

const folder = ownFolder()
const closing: (() => Promise<void>)[] = [() => Promise.resolve(folder.remove())]
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

const bootstrapKey = 'tieout_test_s30hksnn3y8dxzbz8tkqz4xqzvdas79vv9yfq8'

test('a hub reads the topic KAFKA_TOPICS names: 2 events of nobody it knows and 1 that is none are 2 exceptions', async () => {
  const cluster = await openCluster()
  closing.push(() => cluster.close())
  const stream = await kafkaStream(cluster)
  closing.push(() => stream.close())
  await stream.append(0, [eventText('a'), 'no event', eventText('b')])
  const bare = bareVariables(folder.path)
  const port = await freePort()
  const twins = await startTwins(port, bare)
  closing.push(() => twins.stop())
  const env = {
    ...bare,
    ...twins.variables,
    TIEOUT_PORT: String(port),
    TIEOUT_BOOTSTRAP_API_KEY: bootstrapKey,
    KAFKA_BOOTSTRAP: cluster.bootstrap.join(','),
    KAFKA_TOPICS: stream.topic,
    KAFKA_GROUP: stream.settings.group,
  }
  const hub = startHub(env)
  await hub.saying('"event":"started"')
  const headers = { authorization: `Bearer ${bootstrapKey}` }
  const open = async () => {
    const answer = await systemTransport(`http://127.0.0.1:${port}/v1/exceptions?filter[state]=open`, {
      headers,
    })
    return ((await answer.json()) as { data: { code: string; message: string }[] }).data
  }
  const found = await until(open, (listed) => listed.length >= 2)
  expect(found.map(({ code }) => code).sort()).toEqual(['UNMATCHED_USAGE', 'USAGE_REFUSED'])
  const doctor = await tieout(['doctor'], env)
  expect(doctor.stdout).toContain(`✓ kafka: answers; ${stream.topic} has 3 partitions`)
  hub.kill('SIGTERM')
  expect(await hub.ended).toMatchObject({ code: 0, stderr: '' })
  expect(hub.said().stdout).toContain('"event":"stopped"}')
}, 180_000)
