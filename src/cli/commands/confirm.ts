import { createInterface } from 'node:readline/promises'
import { CommandError } from '../exit-codes.ts'

/** What a person has agreed to on the command line. */
type Wish = { readonly yes?: boolean }

/** Throws CommandError where somebody would have to be asked and nobody can be. */
export function assertAskable({ yes }: Wish): void {
  if (yes === true || (process.stdin.isTTY && process.stderr.isTTY)) return
  throw new CommandError('usage', 'Nobody can be asked here: say --yes to go on. Nothing was changed.')
}

/**
 * Asks a person before something is done. Without a terminal nobody can be asked: then only `--yes` goes on, and everything else is
 * refused. Throws CommandError when refused or answered with no.
 */
export async function confirm(question: string, wish: Wish): Promise<void> {
  assertAskable(wish)
  if (wish.yes === true) return
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await dialogue.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new CommandError('usage', 'Left as it is. Nothing was changed.')
  } finally {
    dialogue.close()
  }
}
