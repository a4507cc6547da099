import type { Reply } from './reply.ts'
import { emptyReply, errorReply, jsonReply, nonexistent } from './reply.ts'

type Job = {
  readonly id: string
  readonly dueAt: number
  readonly work: () => Reply
  startedAt: string | null
  result: Reply | null
}

/** The asynchronous requests of an account (`Prefer: respond-async`, help section subsect_164494900632). */
export interface JobQueue {
  /** Accepts work for later. The same idempotency key again is refused with the address of the first job. */
  accept(work: () => Reply, idempotencyKey: string | null, address: string): Reply
  /** Answers `job/{id}`, `job/{id}/task`, `job/{id}/task/1` and `job/{id}/task/1/result`. */
  read(path: readonly string[], address: string): Reply
  /** Runs what is due, in order of time. */
  runDue(): void
  nextDueAt(): Date | null
}

/** Makes a queue whose jobs wait `delayMilliseconds` before they run, so that the world may change in between. */
export function jobQueue(now: () => Date, delayMilliseconds: number): JobQueue {
  const jobs = new Map<string, Job>()
  const byKey = new Map<string, Job>()

  function accept(work: () => Reply, idempotencyKey: string | null, address: string): Reply {
    const first = idempotencyKey === null ? undefined : byKey.get(idempotencyKey)
    if (first !== undefined) return repeated(addressOf(address, first))
    const id = String(jobs.size + 1)
    const job: Job = { id, dueAt: now().getTime() + delayMilliseconds, work, startedAt: null, result: null }
    jobs.set(id, job)
    if (idempotencyKey !== null) byKey.set(idempotencyKey, job)
    return emptyReply(202, { location: addressOf(address, job), 'preference-applied': 'respond-async' })
  }

  function runDue(): void {
    for (const job of jobs.values()) {
      if (job.result !== null || job.dueAt > now().getTime()) continue
      job.startedAt = new Date(job.dueAt).toISOString()
      job.result = job.work()
    }
  }

  return {
    accept,
    runDue,
    read(path, address) {
      runDue()
      const job = jobs.get(path[0] ?? '')
      return job === undefined ? errorReply(nonexistent) : readJob(job, path.slice(1).join('/'), address)
    },
    nextDueAt() {
      const due = [...jobs.values()].filter(({ result }) => result === null).map(({ dueAt }) => dueAt)
      return due.length === 0 ? null : new Date(Math.min(...due))
    },
  }
}

function readJob(job: Job, path: string, address: string): Reply {
  const self = addressOf(address, job)
  const links = (href: string) => [{ rel: 'self', href }]
  if (path === '')
    return jsonReply({
      links: links(self),
      id: job.id,
      completed: job.result !== null,
      progress: progressOf(job),
    })
  if (path === 'task')
    return jsonReply(
      { links: links(`${self}/task`), items: [{ id: '1', links: links(`${self}/task/1`) }] },
      'collection',
    )
  if (path === 'task/1')
    return jsonReply({
      links: links(`${self}/task/1`),
      id: '1',
      completed: job.result !== null,
      progress: progressOf(job),
      ...(job.startedAt === null ? {} : { startTime: job.startedAt, endTime: job.startedAt }),
    })
  return path === 'task/1/result' && job.result !== null ? job.result : errorReply(nonexistent)
}

function progressOf({ result }: Job): string {
  if (result === null) return 'pending'
  return result.status < 400 ? 'succeeded' : 'failed'
}

function addressOf(address: string, job: Job): string {
  return `${address}/services/rest/async/v1/job/${job.id}`
}

function repeated(location: string): Reply {
  return errorReply(
    {
      status: 400,
      code: 'IDEMPOTENCY_ERROR',
      detail: 'A request with this idempotency key was submitted before.',
    },
    { location },
  )
}
