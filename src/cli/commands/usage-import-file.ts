import type { UsageRow } from '../../../connectors/files/row-identity.ts'
import type { UsageFile } from '../../../connectors/files/usage-file.ts'
import type { RefusedRow, RowKeeper, SoundRow, Standing } from './usage-row-keeper.ts'

/** What became of a file. */
export type ImportedFile = {
  readonly file: string
  readonly content: Pick<UsageFile, 'format' | 'contentHash'>
  readonly standing: Standing
  /** The line after which this import went on; null where it began at the first. */
  readonly resumedAfterLine: number | null
  readonly refusedCount: number
  /** Ten thousand at most, in the order of the file. What was refused by the database before an import was stopped is only counted. */
  readonly refused: readonly RefusedRow[]
}

const rowsAtOnce = 1_000
const mostRefusedListed = 10_000

/** Has every row of a file kept, a thousand at once, from where the keeper stands. Tells how many rows it has gone through. */
export async function importUsageFile(
  file: string,
  content: UsageFile,
  keeper: RowKeeper,
  tell: (rows: number) => void,
): Promise<ImportedFile> {
  const { line: startsAfter } = keeper.standing()
  const refused: RefusedRow[] = []
  let broken = 0
  let rows = 0
  for await (const batch of batchesOf(content.rows())) {
    const faulty = batch.flatMap((row) => ('refusal' in row ? [{ line: row.line, ...row.refusal }] : []))
    const open = batch.filter(isSound).filter(({ line }) => line > startsAfter)
    const notKept = await keeper.keep(open)
    const inOrder = [...faulty, ...notKept].sort((left, right) => left.line - right.line)
    refused.push(...inOrder.slice(0, mostRefusedListed - refused.length))
    broken += faulty.length
    tell((rows += batch.length))
  }
  await keeper.end()
  const standing = keeper.standing()
  const refusedCount = broken + standing.conflict + standing.uncorrected + standing.unstorable
  const resumedAfterLine = startsAfter === 0 ? null : startsAfter
  const { format, contentHash } = content
  return { file, content: { format, contentHash }, standing, resumedAfterLine, refusedCount, refused }
}

async function* batchesOf(rows: AsyncIterable<UsageRow>): AsyncGenerator<UsageRow[]> {
  let batch: UsageRow[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < rowsAtOnce) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function isSound(row: UsageRow): row is SoundRow {
  return 'event' in row
}
