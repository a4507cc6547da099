import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { chown, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { systemRandom } from '../../ports/random.ts'
import { EmbeddedError } from './embedded-error.ts'
import { processExists } from './postmaster.ts'
import { programPath, sharedDirectory, type Programs } from './programs.ts'
import { canEnter, type RunAs } from './run-as.ts'

/** A data directory with its programs and the user they run as. `secret` is the owner's password. */
export type Cluster = {
  readonly dataDir: string
  readonly programs: Programs
  readonly user: RunAs | null
  readonly secret: string
}

/** The role that owns everything in the hub's database. */
export const ownerRole = 'tieout_owner'

/** The address of a database of a running cluster. */
export function databaseUrl(cluster: Pick<Cluster, 'secret'>, port: number, database: string): string {
  return `postgres://${ownerRole}:${cluster.secret}@127.0.0.1:${port}/${database}`
}

/** The environment of PostgreSQL's programs: the same sorting, language and time zone on every machine. */
export const programEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * The directory that will hold the data, with every link resolved, so that one directory has one name. As root below a
 * directory PostgreSQL's user cannot enter, it is moved to a place that user can reach.
 */
export function reachableDataDirectory(
  asked: string,
  user: RunAs | null,
  log: (line: string) => void,
): string {
  const wanted = resolve(asked)
  makeWritable(dirname(wanted))
  if (user === null || canEnter(user, dirname(wanted))) return realName(wanted)
  const mark = createHash('sha256').update(wanted).digest('hex').slice(0, 12)
  const moved = join(sharedDirectory, `data-${mark}`)
  makeWritable(sharedDirectory)
  chmodSync(sharedDirectory, 0o755) // whatever the process's umask: others are whom it is for
  log(`the user PostgreSQL runs as cannot enter ${dirname(wanted)}: the data is kept in ${moved}`)
  return moved
}

function makeWritable(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 })
    accessSync(directory, constants.W_OK)
  } catch (error) {
    throw new EmbeddedError(`The hub may not write in ${directory}. Give it another data directory.`, {
      cause: error,
    })
  }
}

function realName(directory: string): string {
  if (existsSync(directory)) return realpathSync(directory)
  return join(realpathSync(dirname(directory)), basename(directory))
}

/**
 * Makes the data directory when it is not there yet and reads its secret. Two hubs may do so at once: each prepares a
 * directory of its own and one rename wins. Throws EmbeddedError when the directory is not ours or of another PostgreSQL.
 */
export async function prepareCluster(
  dataDir: string,
  programs: Programs,
  user: RunAs | null,
  durable: boolean,
): Promise<Cluster> {
  if (!isCluster(dataDir)) await createCluster(dataDir, programs, user, durable)
  assertSameMajorVersion(dataDir, programs)
  return { dataDir, programs, user, secret: readSecret(dataDir) }
}

function isCluster(dataDir: string): boolean {
  return existsSync(join(dataDir, 'PG_VERSION'))
}

async function createCluster(dataDir: string, programs: Programs, user: RunAs | null, durable: boolean) {
  await removeAbandoned(dataDir)
  const prepared = `${dataDir}.init-${process.pid}`
  const passwordFile = `${prepared}.password`
  const secret = Buffer.from(systemRandom.bytes(18)).toString('base64url')
  try {
    await mkdir(prepared, { mode: 0o700 })
    await writeFile(passwordFile, `${secret}\n`, { mode: 0o600 })
    await handOver([prepared, passwordFile], user)
    await runInitdb(prepared, passwordFile, programs, user, durable)
    // Inside the directory, so that one rename publishes data and secret together.
    await writeFile(secretPath(prepared), secret, { mode: 0o600 })
    await handOver([secretPath(prepared)], user)
    await publish(prepared, dataDir)
  } finally {
    await rm(passwordFile, { force: true })
    await rm(prepared, { recursive: true, force: true })
  }
}

/** A hub killed while it prepared a directory leaves it behind, named after its process. */
async function removeAbandoned(dataDir: string): Promise<void> {
  const start = `${basename(dataDir)}.init-`
  for (const name of await readdir(dirname(dataDir))) {
    if (!name.startsWith(start)) continue
    const maker = Number.parseInt(name.slice(start.length), 10)
    if (maker === process.pid || !processExists(maker))
      await rm(join(dirname(dataDir), name), { recursive: true, force: true })
  }
}

async function handOver(paths: readonly string[], user: RunAs | null): Promise<void> {
  if (user === null) return
  for (const path of paths) await chown(path, user.uid, user.gid)
}

async function runInitdb(
  directory: string,
  passwordFile: string,
  programs: Programs,
  user: RunAs | null,
  durable: boolean,
): Promise<void> {
  const options = [
    ['-D', directory, '-U', ownerRole, '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8'],
    // The built-in provider sorts alike everywhere; the system's rules change with its C library.
    ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    ['--data-checksums', '--no-instructions', ...(durable ? [] : ['--no-sync'])],
  ].flat()
  try {
    await promisify(execFile)(programPath(programs, 'initdb'), options, {
      ...user,
      env: programEnvironment,
      cwd: '/',
    })
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw new EmbeddedError(`The data directory ${directory} could not be made: ${stderr || message}`, {
      cause: error,
    })
  }
}

async function publish(prepared: string, dataDir: string): Promise<void> {
  try {
    await rename(prepared, dataDir)
  } catch (error) {
    if (isCluster(dataDir)) return // another hub was faster
    throw new EmbeddedError(
      `${dataDir} holds other files or belongs to another user. Give the hub a data directory of its own.`,
      { cause: error },
    )
  }
  const parent = await open(dirname(dataDir))
  await parent.sync().finally(() => parent.close())
}

function assertSameMajorVersion(dataDir: string, programs: Programs): void {
  const found = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim()
  const [ours] = programs.version.split('.')
  if (found !== ours)
    throw new EmbeddedError(
      `${dataDir} was written by PostgreSQL ${found}, and this hub brings PostgreSQL ${ours}. Dump it with the old version and load it with the new one.`,
    )
}

/** Reads the owner's password; throws EmbeddedError when it is missing or not ours to read. */
export function readSecret(dataDir: string): string {
  try {
    return readFileSync(secretPath(dataDir), 'utf8').trim()
  } catch (error) {
    throw new EmbeddedError(
      `${secretPath(dataDir)} cannot be read, so ${dataDir} was not made by this hub or belongs to another user.`,
      { cause: error },
    )
  }
}

function secretPath(dataDir: string): string {
  return join(dataDir, 'tieout.secret')
}
