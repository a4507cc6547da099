import * as fs from 'node:fs'
import { join } from 'node:path'
import { SpoolFile } from './spool-file.ts'
import type { SpoolOwner } from './spool-owner.ts'
import { disownSpool, isAlive, nameOf, nobody, ownerOf, ownSpool } from './spool-owner.ts'
import type { OpenSpool, Place, Spool, SpoolContext, SpooledEvent } from './spool-port.ts'
import { UsageError } from './usage-error.ts'

export type DiskSpoolOptions = {
  /**
   * When events are brought to the disk itself. `second`: within a second, so at most that is lost when the machine loses power. `each`:
   * before `track` returns. `never`: when the system likes. A killed process loses nothing in any case. `second` when missing.
   */
  readonly sync?: 'each' | 'second' | 'never'
  /** After how many bytes another file is begun. 4 MiB when missing. */
  readonly fileBytes?: number
}

/**
 * A spool in a directory, for processes of one machine or container: each has files of its own there and takes over those of processes that
 * have ended. Throws UsageError, when it is opened, where the directory cannot be written.
 */
export function diskSpool(directory: string, options: DiskSpoolOptions = {}): Spool {
  return { open: (context) => new DiskSpool(directory, { ...defaults, ...options }, context) }
}

const defaults: Required<DiskSpoolOptions> = { sync: 'second', fileBytes: 4_194_304 }

const syncMilliseconds = 1_000

class DiskSpool implements OpenSpool {
  readonly #directory: string
  readonly #options: Required<DiskSpoolOptions>
  readonly #context: SpoolContext
  readonly #owner: SpoolOwner
  readonly #files = new Map<number, SpoolFile>()
  readonly #closing = new AbortController()
  #current: SpoolFile
  #filesMade = 0
  #isSyncing = false

  constructor(directory: string, options: Required<DiskSpoolOptions>, context: SpoolContext) {
    const chance = Buffer.from(context.platform.chanceBytes(8)).toString('hex')
    this.#directory = directory
    this.#options = options
    this.#context = context
    this.#owner = ownSpool(chance)
    this.#current = this.#attempt(`The spool ${directory} cannot be written`, () => {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      return this.#newFile()
    })
  }

  keep(text: string): Place {
    return this.#attempt('The event could not be kept on disk and was not taken', () => {
      if (this.#current.bytes >= this.#options.fileBytes) this.#turnOver()
      const line = this.#current.append(text, this.#options.sync === 'each')
      if (this.#options.sync === 'second' && !this.#isSyncing) void this.#syncSoon()
      return { file: this.#current.number, line }
    })
  }

  /** What cannot be marked is sent again by the next process, and counted once all the same. */
  settle(places: readonly Place[]): void {
    for (const number of new Set(places.map(({ file }) => file))) {
      const file = this.#files.get(number)
      if (file === undefined) continue
      const lines = places.filter((place) => place.file === number).map(({ line }) => line)
      this.#telling('Settled events could not be marked on disk', () => {
        file.settle(lines)
        if (file.isSettled) this.#forget(file)
      })
    }
  }

  *adopt(): Iterable<readonly SpooledEvent[]> {
    for (const name of fs.readdirSync(this.#directory).sort()) {
      const owner = ownerOf(name)
      if (owner === null || isAlive(owner)) continue
      const found = this.#telling(`The spool file ${name} cannot be read`, () => this.#claim(name))
      if (found) yield found
    }
  }

  close(): void {
    this.#closing.abort()
    for (const file of this.#files.values())
      this.#telling('A spool file cannot be let go of', () => {
        this.#sync(file)
        file.retire()
        if (file.isSettled) file.remove()
        else file.rename(this.#pathOf({ ...this.#owner, ...nobody }, file.number))
      })
    this.#files.clear()
    disownSpool(this.#owner)
  }

  /** Takes a file over, unless another process was faster. */
  #claim(name: string): readonly SpooledEvent[] | null {
    const number = this.#filesMade++
    const path = this.#pathOf(this.#owner, number)
    try {
      fs.renameSync(join(this.#directory, name), path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
    const { file, events } = SpoolFile.adopt(number, path)
    this.#files.set(number, file)
    if (file.damagedLines.length > 0) this.#tellDamage(name, file.damagedLines)
    if (events.length === 0) this.#forget(file)
    return events
  }

  #tellDamage(name: string, lines: readonly string[]): void {
    const sentence = `${lines.length} lines of the spool file ${name} cannot be read and were not sent; the file is kept as *.damaged. The first: ${lines[0]?.slice(0, 200)}`
    this.#context.onError(new UsageError('spool-failed', sentence))
  }

  #forget(file: SpoolFile): void {
    if (file === this.#current) return file.empty()
    this.#files.delete(file.number)
    file.remove()
  }

  #turnOver(): void {
    const full = this.#current
    this.#current = this.#newFile()
    this.#telling('Events could not be brought to the disk itself', () => this.#sync(full))
    full.retire()
  }

  #sync(file: SpoolFile): void {
    if (this.#options.sync !== 'never') file.sync()
  }

  #newFile(): SpoolFile {
    const number = this.#filesMade++
    const file = SpoolFile.create(number, this.#pathOf(this.#owner, number))
    this.#files.set(number, file)
    if (this.#options.sync !== 'never') syncDirectory(this.#directory)
    return file
  }

  async #syncSoon(): Promise<void> {
    this.#isSyncing = true
    await this.#context.platform.sleep(syncMilliseconds, this.#closing.signal)
    this.#isSyncing = false
    if (this.#closing.signal.aborted) return
    this.#telling('Events could not be brought to the disk itself', () => this.#sync(this.#current))
  }

  #pathOf(owner: SpoolOwner, number: number): string {
    return join(this.#directory, nameOf(owner, number))
  }

  #attempt<Result>(failure: string, work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw new UsageError('spool-failed', `${failure}: ${String(error)}`, { cause: error })
    }
  }

  #telling<Result>(failure: string, work: () => Result): Result | null {
    try {
      return this.#attempt(failure, work)
    } catch (error) {
      this.#context.onError(error as UsageError)
      return null
    }
  }
}

/** A new file's name survives a loss of power only when its directory is synced (fsync(2)). Not every system opens directories. */
function syncDirectory(directory: string): void {
  let descriptor: number
  try {
    descriptor = fs.openSync(directory, 'r')
  } catch {
    return
  }
  fs.fsyncSync(descriptor)
  fs.closeSync(descriptor)
}
