import { systemClock, type Clock } from '../../ports/clock.ts'
import { assertPrivileges, PrivilegeError } from '../../store/privileges.ts'
import { databaseTime, migrationGaps } from '../../store/readiness.ts'
import type { Store } from '../../store/unit-of-work.ts'
import { nextDueAt } from '../../store/work.ts'

/** One thing the hub looked at in itself. A `warning` does not keep it from taking messages. */
export type Check = {
  readonly name: 'database' | 'migrations' | 'privileges' | 'clock' | 'work'
  readonly state: 'ok' | 'warning' | 'failed'
  readonly detail: string
}

export type Readiness = {
  readonly status: 'ready' | 'degraded' | 'not-ready'
  readonly checks: readonly Check[]
}

const skewAllowedMilliseconds = 60_000
const lagAllowedMilliseconds = 900_000

/** Looks at what the hub needs to do its work. Without the database nothing else is asked. */
export async function readinessOf({ store, clock }: { store: Store; clock: Clock }): Promise<Readiness> {
  const first = await check('database', 'failed', async () => {
    const at = await databaseTime(store.read)
    return { ok: true, detail: `answers, and has ${at.toISOString()}` }
  })
  if (first.state !== 'ok') return { status: 'not-ready', checks: [first] }
  const checks = [
    first,
    ...(await Promise.all([
      check('migrations', 'failed', () => migrations(store)),
      check('privileges', 'failed', () => privileges(store)),
      check('clock', 'failed', () => skew(store, clock)),
      check('work', 'warning', () => lag(store, clock)),
    ])),
  ]
  const states = checks.map(({ state }) => state)
  const status = states.includes('failed') ? 'not-ready' : states.includes('warning') ? 'degraded' : 'ready'
  return { status, checks }
}

type Look = { readonly ok: boolean; readonly detail: string }

async function check(
  name: Check['name'],
  otherwise: 'warning' | 'failed',
  look: () => Promise<Look>,
): Promise<Check> {
  try {
    const { ok, detail } = await look()
    return { name, state: ok ? 'ok' : otherwise, detail }
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: error instanceof PrivilegeError ? error.message : 'does not answer',
    }
  }
}

async function migrations({ read }: Store): Promise<Look> {
  const gaps = await migrationGaps(read)
  return { ok: gaps.length === 0, detail: gaps.length === 0 ? 'all have run' : gaps.join(', ') }
}

async function privileges({ read }: Store): Promise<Look> {
  await assertPrivileges(read)
  return { ok: true, detail: 'the database role may what it should, and no more' }
}

/** Under a virtual clock the two have nothing to do with each other. */
async function skew({ read }: Store, clock: Clock): Promise<Look> {
  if (clock !== systemClock) return { ok: true, detail: 'time is not the machine’s own here' }
  const there = await databaseTime(read)
  const apart = Math.abs(there.getTime() - clock.now().getTime())
  const detail = `the clocks of hub and database are ${(apart / 1_000).toFixed(1)} s apart`
  return { ok: apart <= skewAllowedMilliseconds, detail }
}

async function lag({ read }: Store, clock: Clock): Promise<Look> {
  const due = await nextDueAt(read)
  const late = due === null ? 0 : Math.max(0, clock.now().getTime() - due.getTime())
  const detail =
    late === 0 ? 'nothing is overdue' : `the oldest due work has waited ${Math.round(late / 1_000)} s`
  return { ok: late <= lagAllowedMilliseconds, detail }
}
