import { systemClock } from '../../ports/clock.ts'
import { openItems } from '../../store/work-overview.ts'
import { CommandError } from '../exit-codes.ts'
import type { CommandDatabase } from './command-database.ts'
import { commandHub } from './command-hub.ts'
import type { Session } from './run-command.ts'

/** Who does the work that a command asked for: a running hub, nobody until one starts, or (done) it has been waited for. */
export type Handed = 'hub' | 'nobody' | 'done'

export type Waiting = { readonly wait?: boolean; readonly timeout: number }

const pollMilliseconds = 250

/**
 * What becomes of work after a command put it on the list. It is left to a running hub. With `wait` the command sees it done, by the hub or, when
 * none runs, by itself. `subjects` are asked anew at each look, because work leads to work.
 * Throws CommandError when it is not done in time; it goes on all the same.
 */
export async function seeThrough(
  session: Session,
  database: CommandDatabase,
  subjects: () => Promise<readonly string[]>,
  { wait, timeout }: Waiting,
): Promise<Handed> {
  if (wait !== true) return database.hubRuns ? 'hub' : 'nobody'
  const hub = database.hubRuns ? null : await commandHub(session, database, true)
  const until = systemClock.now().getTime() + timeout * 1_000
  for (;;) {
    session.progress.say(hub === null ? 'Waiting for the hub' : 'Working it off')
    await hub?.settle()
    const open = await openItems(database.store.read, await subjects())
    if (open.length === 0) return 'done'
    if (systemClock.now().getTime() >= until) {
      const why = open[0]?.lastError
      throw new CommandError(
        'unknown',
        `It is still under way after ${timeout} seconds${why ? `; the last try ended with: ${why}` : ''}. Nothing is lost, and asking again is safe.`,
        'tieout doctor',
      )
    }
    await systemClock.sleep(pollMilliseconds)
  }
}

/** What a person is told about work that was not waited for. */
export function handedSentence(handed: Handed): string {
  if (handed === 'hub') return 'The running hub takes it from here.'
  if (handed === 'nobody') return 'No hub runs: it waits until one starts. With --wait it is worked off now.'
  return 'Worked off.'
}
