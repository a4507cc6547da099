/** What the exit of a command tells a script. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  'not-found': 3,
  conflict: 5,
  differences: 6,
  partial: 7,
  provider: 8,
  unknown: 9,
  temporary: 75,
  configuration: 78,
} as const

export type ExitName = keyof typeof exitCodes

/** Ends a command with a sentence and an exit code of its own. `next` is the command or act that helps. */
export class CommandError extends Error {
  readonly exit: ExitName
  readonly next: string | null

  constructor(exit: ExitName, sentence: string, next: string | null = null) {
    super(sentence)
    this.exit = exit
    this.next = next
  }
}
