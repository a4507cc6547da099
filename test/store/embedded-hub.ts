import { startEmbedded } from '../../src/store/embedded.ts'

/** A hub reduced to its database, as a process of its own: prints one JSON line when it is up or refused, and stays until killed. */
const [dataDir = ''] = process.argv.slice(2)
try {
  const server = await startEmbedded({ dataDir, durable: false })
  console.log(JSON.stringify({ url: server.url, adopted: server.adopted }))
} catch (error) {
  console.log(JSON.stringify({ refusal: (error as Error).message }))
}
