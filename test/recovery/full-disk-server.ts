import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { startEmbedded } from '../../src/store/embedded.ts'
import { runAsUser } from '../../src/store/embedded/run-as.ts'

/**
 * A PostgreSQL whose database lies on a volume of its own: `full-disk-server.ts <data directory> <volume>`. Prints its address; a SIGTERM ends it.
 */
const [, , dataDir = '', volume = ''] = process.argv
const location = join(volume, 'space')
const user = runAsUser()
mkdirSync(location, { mode: 0o700 })
if (user !== null) chownSync(location, user.uid, user.gid)
const server = await startEmbedded({ dataDir })
const first = postgres(server.url, { max: 1, onnotice: () => undefined })
await first.unsafe(`create tablespace small location '${location}'`)
await first.unsafe('create database small tablespace small')
await first.end()
process.on('SIGTERM', () => void server.stop())
console.log(JSON.stringify({ url: Object.assign(new URL(server.url), { pathname: '/small' }).href }))
