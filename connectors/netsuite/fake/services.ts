import type { Context, MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import { playFaults } from '../../fault-script.ts'
import type { FaultScript } from '../../fault-script.ts'
import type { JobQueue } from './jobs.ts'
import { writeJournal } from './journals.ts'
import { listJournals, readRecord } from './record-reads.ts'
import type { Reply } from './reply.ts'
import {
  concurrencyReply,
  errorReply,
  invalidRequest,
  jsonReply,
  nonexistent,
  toResponse,
  unauthorizedReply,
  unexpectedError,
} from './reply.ts'
import type { SignInDesk } from './sign-in.ts'
import type { NetSuiteState } from './state.ts'
import { answerSuiteQl } from './suiteql.ts'

/** The requests that are running now, and the most there were at once. */
export type Load = { running: number; peak: number }

/** NetSuite's own addresses, below `/services/rest`. */
export function netSuiteServices(
  state: NetSuiteState,
  desk: SignInDesk,
  jobs: JobQueue,
  faults: FaultScript,
  load: Load,
): Hono {
  const app = new Hono()
  app.use(limitConcurrency(state, load))
  app.use(
    playFaults(faults, {
      throttle: () => toResponse(concurrencyReply()),
      serverError: () => toResponse(errorReply(unexpectedError)),
      expiredSession: () => toResponse(unauthorizedReply(state.settings.accountId, 'Bearer')),
    }),
  )
  app.use(storedFailure)
  app.post('/auth/oauth2/v1/token', async (c) =>
    toResponse(await desk.issueToken(new URLSearchParams(await c.req.text()), c.req.url)),
  )
  app.use(requireSignIn(desk))
  app.post('/query/v1/suiteql', async (c) => toResponse(await suiteQl(state, c)))
  app.get('/system/v1/governanceLimits', () => toResponse(governanceLimits(state)))
  app.get('/async/v1/job/*', (c) => toResponse(jobs.read(pathBelow(c, '/async/v1/job/'), addressOf(c))))
  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], '/record/v1/*', async (c) =>
    toResponse(await writeRecord(state, jobs, c)),
  )
  app.get('/record/v1/*', (c) => toResponse(read(state, c)))
  app.notFound(() => toResponse(errorReply(nonexistent)))
  return app
}

/** One pool for the whole account; what does not fit is refused at once. */
function limitConcurrency(state: NetSuiteState, load: Load): MiddlewareHandler {
  return async function concurrency(_, next) {
    if (load.running >= state.settings.concurrencyLimit) return toResponse(concurrencyReply())
    load.running += 1
    load.peak = Math.max(load.peak, load.running)
    try {
      return await next()
    } finally {
      load.running -= 1
    }
  }
}

/** NetSuite keeps no failures to replay: asked for one, it just fails, before any effect. */
const storedFailure: MiddlewareHandler = async (c, next) => {
  const fault: unknown = c.get('fault')
  return fault === 'stored-500' ? toResponse(errorReply(unexpectedError)) : next()
}

function requireSignIn(desk: SignInDesk): MiddlewareHandler {
  return async function signIn(c, next) {
    const refusal = desk.refusalOf(c)
    return refusal === null ? next() : toResponse(refusal)
  }
}

async function suiteQl(state: NetSuiteState, c: Context): Promise<Reply> {
  return answerSuiteQl(state, {
    prefer: c.req.header('prefer') ?? '',
    query: c.req.query(),
    body: await c.req.text(),
    address: addressOf(c),
  })
}

function governanceLimits({ settings }: NetSuiteState): Reply {
  return jsonReply({
    accountConcurrencyLimit: settings.concurrencyLimit,
    accountUnallocatedConcurrencyLimit: settings.concurrencyLimit,
    integrationLimitType: 'accountConcurrencyLimit',
  })
}

async function writeRecord(state: NetSuiteState, jobs: JobQueue, c: Context): Promise<Reply> {
  const [type, key = null] = pathBelow(c, '/record/v1/')
  if (type !== 'journalEntry')
    return errorReply(invalidRequest(`This twin writes no records of the type ${type}.`))
  const request = {
    method: c.req.method,
    key,
    replaceLines: (c.req.query('replace') ?? '').split(',').includes('line'),
    nameValidation: (c.req.header('x-netsuite-propertynamevalidation') ?? 'warning').toLowerCase(),
    body: await c.req.text(),
    address: addressOf(c),
  }
  if (!/\brespond-async\b/i.test(c.req.header('prefer') ?? '')) return writeJournal(state, request)
  // The key means something here only: a synchronous call ignores it.
  const idempotencyKey = c.req.header('x-netsuite-idempotency-key') ?? null
  return jobs.accept(() => writeJournal(state, request), idempotencyKey, request.address)
}

function read(state: NetSuiteState, c: Context): Reply {
  const [type = '', key] = pathBelow(c, '/record/v1/')
  if (key === undefined && type === 'journalEntry') return listJournals(state, c.req.query(), addressOf(c))
  const reply = key === undefined ? null : readRecord(state, type, key, c.req.query(), addressOf(c))
  return reply ?? errorReply(nonexistent)
}

function pathBelow(c: Context, mark: string): string[] {
  const path = c.req.path
  return path
    .slice(path.indexOf(mark) + mark.length)
    .split('/')
    .map(decodeURIComponent)
}

function addressOf(c: Context): string {
  return new URL(c.req.url).origin
}
