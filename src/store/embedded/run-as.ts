import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { EmbeddedError } from './embedded-error.ts'

/** The user PostgreSQL runs as when the hub runs as root. */
export type RunAs = { readonly uid: number; readonly gid: number }

/** Users that exist for this purpose, in order of preference; every Linux has the second. */
const unprivilegedUsers = ['postgres', 'nobody']

/**
 * Whom PostgreSQL runs as: null for the hub's own user. Only root must hand it to somebody else,
 * because `postgres` refuses to run as root. Throws EmbeddedError when nobody is there to hand it to.
 */
export function runAsUser(): RunAs | null {
  if (process.getuid?.() !== 0) return null
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of unprivilegedUsers) {
    const row = rows.find(([user]) => user === name)
    if (row) return { uid: Number(row[2]), gid: Number(row[3]) }
  }
  throw new EmbeddedError(
    'The hub runs as root, PostgreSQL will not, and there is no user postgres or nobody to run it as. Start the hub as an ordinary user.',
  )
}

/** Whether a user can enter a directory, or run a program, and everything above it. The path must exist. */
export function canEnter(user: RunAs, path: string): boolean {
  for (let current = resolve(path); ; current = dirname(current)) {
    if (!hasExecuteBit(user, current)) return false
    if (current === dirname(current)) return true
  }
}

function hasExecuteBit(user: RunAs, path: string): boolean {
  const { mode, uid, gid } = statSync(path)
  if (uid === user.uid) return (mode & 0o100) !== 0
  if (gid === user.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}
