/**
 * Named places between two effects. In production passing one does nothing; the recovery tests end the process there, to prove
 * that a start afterwards finishes with the same books.
 */
export type Checkpoint = (label: CheckpointLabel) => void

export const checkpointLabels = [
  'inbox-before-commit',
  'inbox-after-commit',
  'deal-after-read',
  'contract-after-draft',
  'operation-in-flight',
  'operation-after-answer',
  'operation-after-result',
  'fact-before-append',
  'fact-after-append',
  'recognition-between-batches',
  'journal-before-post',
  'journal-after-post',
  'usage-after-commit',
  'usage-before-send',
  'settlement-between-periods',
] as const

export type CheckpointLabel = (typeof checkpointLabels)[number]

/** Passes every checkpoint. */
export const passEveryCheckpoint: Checkpoint = () => undefined

/** Ends the process with SIGKILL the `count`-th time `label` is passed. */
export function killAt(label: CheckpointLabel, count: number, kill: () => void): Checkpoint {
  let passed = 0
  return (at) => {
    if (at === label && ++passed === count) kill()
  }
}
