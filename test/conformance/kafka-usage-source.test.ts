import { afterAll, beforeAll } from 'vitest'
import { kafkaStream, openCluster, type Cluster } from './kafka-world.ts'
import { usageSourceConformance } from './usage-source.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await openCluster()
})
afterAll(() => cluster.close())

usageSourceConformance('Kafka', () => kafkaStream(cluster))
