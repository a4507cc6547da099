import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** The bytes of a text file; one that ends in `.gz`, as Snowflake unloads it, is unpacked on the way. */
export function textStream(file: string): Readable {
  const packed = createReadStream(file)
  if (!file.endsWith('.gz')) return packed
  // What goes wrong on the way ends the last stream with the same error, and whoever reads that one sees it.
  return pipeline(packed, createGunzip(), () => undefined)
}
