import { performance } from 'node:perf_hooks'
import type { Effort } from './bound.ts'
import { usageOf } from './process-tree.ts'

/** Begins to measure how busy hubs, database and this process are; answers how to end it. */
export function measureEffort(hubPids: readonly number[], serverPid: number): () => Effort {
  const began = performance.now()
  const before = readSeconds(hubPids, serverPid)
  return () => {
    const after = readSeconds(hubPids, serverPid)
    return {
      wallSeconds: (performance.now() - began) / 1000,
      hubSeconds: after.hub - before.hub,
      databaseSeconds: after.database - before.database,
      loadSeconds: after.load - before.load,
    }
  }
}

/** Efforts one after the other, as one. */
export function totalEffort(efforts: readonly Effort[]): Effort {
  const total = (pick: (effort: Effort) => number) => efforts.reduce((sum, effort) => sum + pick(effort), 0)
  return {
    wallSeconds: total(({ wallSeconds }) => wallSeconds),
    hubSeconds: total(({ hubSeconds }) => hubSeconds),
    databaseSeconds: total(({ databaseSeconds }) => databaseSeconds),
    loadSeconds: total(({ loadSeconds = 0 }) => loadSeconds),
  }
}

function readSeconds(hubPids: readonly number[], serverPid: number) {
  const server = usageOf(serverPid)
  return {
    hub: hubPids.reduce((sum, pid) => sum + (usageOf(pid)?.ownSeconds ?? 0), 0),
    database: (server?.ownSeconds ?? 0) + (server?.descendantSeconds ?? 0),
    load: usageOf(process.pid)?.ownSeconds ?? 0,
  }
}
