/** Processor seconds used by the two sides within a time on the wall. */
export type Effort = {
  readonly wallSeconds: number
  readonly hubSeconds: number
  readonly databaseSeconds: number
  /** What the load itself used, where it runs in a process of its own. */
  readonly loadSeconds?: number
}

const most = 0.85

/** Says what bound a run, from how busy each side was: a core that is always at work bounds, and else the waiting in between does. */
export function boundBy(effort: Effort, cores: number): string {
  const { wallSeconds, hubSeconds, databaseSeconds, loadSeconds = 0 } = effort
  const share = (seconds: number) => seconds / wallSeconds
  const parts = [
    `hub ${percent(share(hubSeconds))}`,
    `PostgreSQL ${percent(share(databaseSeconds))}`,
    ...(loadSeconds > 0 ? [`load ${percent(share(loadSeconds))}`] : []),
  ]
  const busy = `${parts.join(', ')} of a core`
  if (share(hubSeconds + databaseSeconds + loadSeconds) > most * cores) return `all ${cores} cores: ${busy}`
  if (share(hubSeconds) > most) return `the hub's one thread: ${busy}`
  if (share(loadSeconds) > most) return `the load's own thread: ${busy}`
  return `waiting, not computing: ${busy}`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
