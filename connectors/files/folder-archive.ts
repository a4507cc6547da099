import { join } from 'node:path'
import type { UsageArchive } from '../../src/ports/usage-archive.ts'
import { contentHashOf } from './content-hash.ts'
import { readUsageParquet, writeUsageFile } from './usage-parquet.ts'

/**
 * Keeps months of usage in a folder, as Parquet files such as `usage-2025-01-part-1-3f9a1c2e7b40.parquet`. The name ends with the beginning of
 * the hash of the file, so files of two hubs do not replace each other.
 */
export function folderArchive(folder: string): UsageArchive {
  return {
    write: async ({ month, part }, usage) => {
      const unfinished = join(folder, `usage-${month}-part-${part}.parquet.unfinished`)
      let [name, fileHash] = ['', '']
      const eventCount = await writeUsageFile(unfinished, usage, month, async (count) => {
        if (count === 0) return null
        fileHash = await contentHashOf(unfinished)
        name = `usage-${month}-part-${part}-${fileHash.slice(0, 12)}.parquet`
        return join(folder, name)
      })
      return { name, fileHash, eventCount }
    },
    read: (name) => readUsageParquet(join(folder, name)),
  }
}
