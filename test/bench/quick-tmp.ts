import { systemClock } from '../../src/ports/clock.ts'
import { startBenchServer } from './bench-server.ts'
import { measureEffort } from './effort.ts'
import { median } from './figures.ts'
import { openRawCopy } from './raw-copy.ts'
import { repeatFor } from './repeat.ts'
import { usageOf } from './process-tree.ts'
import { usageVariants, names } from './usage-variants.ts'
import { openUsageWorld } from './usage-world.ts'

const want = (process.env['V'] ?? 'raw,batch').split(',')
const rounds = Number(process.env['R'] ?? 3),
  seconds = Number(process.env['S'] ?? 3)
const server = await startBenchServer()
if (process.env['NICE']) {
  const { execSync } = await import('node:child_process')
  execSync(`renice -n ${process.env['NICE']} -p ${server.pid}`)
}
const world = await openUsageWorld(server, { customers: 500, hubs: Number(process.env['H'] ?? 1) })
const at = new Date(systemClock.now().getTime() - 60_000)
const raw = await openRawCopy(world.url, world.subjects, at)
const plain = { pid: 0, sender: world.hubs[0]!.sender } as never
const key: Record<string, string> = {
  raw: names.raw,
  batch: names.batches,
  dup: names.batchesRepeated,
  stream: names.stream,
  b100: 'batches of 100',
  one: 'single events',
}
const all = usageVariants(world, { raw, plain, at })
const chosen = want.map((w) => all.find(({ name }) => name === key[w])!)
const got = new Map<string, any[]>()
const waits = new Map<string, number>()
let sampling = process.env['W'] !== undefined
const pgm = (await import('postgres')).default
const sq = pgm(world.url, { max: 1 })
const sampler = (async () => {
  while (sampling) {
    for (const {
      q,
    } of await sq`select state || ' ' || coalesce(wait_event_type || '.' || wait_event, 'CPU') || ' ' || left(regexp_replace(query, '\\s+', ' ', 'g'), 60) as q from pg_stat_activity where pid <> pg_backend_pid() and state <> 'idle'`)
      waits.set(q, (waits.get(q) ?? 0) + 1)
    waits.set('n', (waits.get('n') ?? 0) + 1)
    await new Promise((r) => setTimeout(r, 7))
  }
})()
for (let r = 0; r <= rounds; r++)
  for (const v of chosen) {
    if (process.env['PERF'] && r === 2) {
      const { spawn } = await import('node:child_process')
      spawn(
        'perf',
        [
          'record',
          '-q',
          '-F',
          '999',
          '-p',
          String(world.hubs[0]!.pid),
          '-o',
          '/tmp/perf.data',
          '--',
          'sleep',
          '4',
        ],
        { stdio: 'inherit' },
      )
    }
    const m = measureEffort(v.pids, server.pid)
    const ms = await repeatFor(seconds * 1000, Number(process.env['A'] ?? v.atOnce), async () => {
      await v.once()
    })
    const e = m()
    const n = ms.length * v.events
    if (r > 0)
      got.set(v.name, [
        ...(got.get(v.name) ?? []),
        {
          rate: n / e.wallSeconds,
          hub: (e.hubSeconds / n) * 1e6,
          db: (e.databaseSeconds / n) * 1e6,
          load: ((e.loadSeconds ?? 0) / n) * 1e6,
          busy: (e.hubSeconds + e.databaseSeconds + (e.loadSeconds ?? 0)) / e.wallSeconds,
          rss: Math.max(0, ...v.pids.map((p) => usageOf(p)?.residentMegabytes ?? 0)),
        },
      ])
  }
if (process.env['T']) {
  const { readdirSync, readFileSync } = await import('node:fs')
  const pid = world.hubs[0]!.pid
  const snap = () =>
    Object.fromEntries(
      readdirSync(`/proc/${pid}/task`).map((t) => {
        const s = readFileSync(`/proc/${pid}/task/${t}/stat`, 'utf8')
        const f = s.slice(s.lastIndexOf(')') + 2).split(' ')
        return [t + ' ' + s.slice(s.indexOf('(') + 1, s.lastIndexOf(')')), [Number(f[11]), Number(f[12])]]
      }),
    )
  const b = snap()
  const v = chosen.at(-1)!
  const ms = await repeatFor(6000, v.atOnce, async () => {
    await v.once()
  })
  const a = snap()
  const n = ms.length * v.events
  for (const k of Object.keys(a)) {
    const d = a[k]!.map((x, i) => ((x - (b[k]?.[i] ?? 0)) * 10000) / n)
    if (d[0]! + d[1]! > 0.05) console.log(k, 'user', d[0]!.toFixed(2), 'sys', d[1]!.toFixed(2))
  }
}
for (const [name, rs] of got)
  console.log(
    name.padEnd(40),
    ['rate', 'hub', 'db', 'load', 'busy', 'rss']
      .map((k) => `${k} ${median(rs.map((x) => x[k])).toFixed(2)}`)
      .join('  '),
  )
const [a, b] = chosen
if (a && b)
  console.log(
    'ratio',
    (median(got.get(b.name)!.map((x) => x.rate)) / median(got.get(a.name)!.map((x) => x.rate))).toFixed(3),
  )
sampling = false
await sampler
const tot = waits.get('n') ?? 1
for (const [k, v] of [...waits].sort((a, b) => b[1] - a[1]).slice(0, 22)) console.log((v / tot).toFixed(3), k)
await sq.end()
console.log(world.troubles())
await raw.close()
await world.close()
await server.stop()
