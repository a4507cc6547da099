import { basename } from 'node:path'
import type { Outcome } from './run-command.ts'
import type { UsageEffect } from '../../domain/usage-effect.ts'
import { pairs } from './table.ts'
import { effectData, effectText } from './usage-effect-outcome.ts'
import type { ImportedFile } from './usage-import-file.ts'
import type { RestoredFile } from './usage-restore.ts'
import { restoredOut, restoredText } from './usage-restore.ts'

const refusedShown = 20

/**
 * What is told of an import, or of the rehearsal of one: file by file, with the first twenty refused rows of each. `effects` is what rehearsed rows
 * would cost; null for an import.
 */
export function importOutcome(
  files: readonly (ImportedFile | RestoredFile)[],
  effects: readonly UsageEffect[] | null,
): Outcome {
  const isDryRun = effects !== null
  const counted = files.filter((file) => 'standing' in file)
  const refused = counted.reduce((sum, { refusedCount }) => sum + refusedCount, 0)
  const isWaiting = counted.some(({ standing }) => standing.unmatched > 0)
  return {
    data: {
      dry_run: isDryRun,
      refused,
      files: files.map((file) => ('standing' in file ? fileOut(file) : restoredOut(file))),
      ...(effects && { effect: effectData(effects) }),
    },
    text: [
      ...files.map((file) => ('standing' in file ? fileText(file, isDryRun) : restoredText(file, isDryRun))),
      ...(effects ? [effectText(effects), 'Nothing was counted.'] : []),
    ].join('\n\n'),
    ...(refused > 0 ? { exit: 'partial' as const } : {}),
    ...(isWaiting && !isDryRun ? { next: 'tieout exceptions list' } : {}),
  }
}

function fileOut({ file, content, standing, resumedAfterLine, refusedCount, refused }: ImportedFile) {
  const { accepted, unmatched, duplicate } = standing
  return {
    file,
    format: content.format,
    content_hash: content.contentHash,
    resumed_after_line: resumedAfterLine,
    accepted,
    unmatched,
    duplicates: duplicate,
    refused: refusedCount,
    refusals: refused,
  }
}

function fileText(
  { file, standing, resumedAfterLine, refusedCount, refused }: ImportedFile,
  isDryRun: boolean,
): string {
  const resumed = resumedAfterLine === null ? '' : `, went on after line ${resumedAfterLine}`
  const shown = refused.slice(0, refusedShown).map(({ line, reason }) => `  line ${line}: ${reason}`)
  const more = refusedCount - shown.length
  return [
    `${basename(file)}${isDryRun ? ', only looked at' : resumed}`,
    pairs([
      ['  accepted', String(standing.accepted)],
      [
        '  unmatched',
        `${standing.unmatched}${standing.unmatched > 0 ? ': kept until a customer bears the name' : ''}`,
      ],
      ['  duplicates', String(standing.duplicate)],
      ['  refused', String(refusedCount)],
    ]),
    ...shown,
    ...(more > 0 ? [`  … and ${more} more; --json lists ${refused.length} of them`] : []),
  ].join('\n')
}
