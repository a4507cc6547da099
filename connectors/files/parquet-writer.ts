import { open, rename, rm } from 'node:fs/promises'
import { ByteWriter } from 'hyparquet-writer'

/** Where a Parquet file is written to. */
type ParquetWriter = ByteWriter & {
  /** Makes sure that everything is on the disk, and gives the file its name. */
  keep(): Promise<void>
  /** Lets go of the file; one that was not kept is gone. */
  close(): Promise<void>
}

/** Opens a file for a Parquet writer. It goes by another name until it is kept, so that nobody takes half a file for a whole one. */
export async function createParquetWriter(file: string): Promise<ParquetWriter> {
  const unfinished = `${file}.unfinished`
  const handle = await open(unfinished, 'w')
  const writer = new ByteWriter()
  const flush = async () => {
    await handle.writeFile(writer.getBytes())
    writer.index = 0
  }
  return Object.assign(writer, {
    flush,
    finish: flush,
    keep: async () => {
      await handle.sync()
      await rename(unfinished, file)
    },
    close: async () => {
      await handle.close()
      await rm(unfinished, { force: true })
    },
  })
}
