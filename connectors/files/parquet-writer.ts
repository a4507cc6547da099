import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ByteWriter } from 'hyparquet-writer'

/** Where a Parquet file is written to. */
type ParquetWriter = ByteWriter & {
  /** Makes sure that everything is on the disk. What is written later is not. */
  settle(): Promise<void>
  /** Gives the settled file its name, and makes sure that the folder has it. */
  keep(file: string): Promise<void>
  /** Lets go of the file; one that was not kept is gone. */
  close(): Promise<void>
}

/** Opens a file for a Parquet writer, by a name that nobody takes for that of a whole one. What another left under it is taken away. */
export async function createParquetWriter(unfinished: string): Promise<ParquetWriter> {
  await rm(unfinished, { force: true })
  const handle = await open(unfinished, 'wx')
  const writer = new ByteWriter()
  const flush = async () => {
    await handle.writeFile(writer.getBytes())
    writer.index = 0
  }
  return Object.assign(writer, {
    flush,
    finish: flush,
    settle: () => handle.sync(),
    keep: async (file: string) => {
      await rename(unfinished, file)
      await syncFolder(dirname(file))
    },
    close: async () => {
      await handle.close()
      await rm(unfinished, { force: true })
    },
  })
}

/** A new name is on the disk only once its folder is (POSIX, fsync). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
