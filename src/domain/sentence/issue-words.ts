import type { IssueOwner } from '../issue.ts'

/**
 * The words of an issue code. `predicate` continues "{field} '{found}' …"; `action` is what its owner does first.
 * Words in braces are filled in by whoever finds the issue.
 */
export type IssueWords = {
  readonly owner: IssueOwner
  readonly predicate: string
  readonly action: string
}

/** Shortens a row of the register: owner, predicate, action. */
export function words(owner: IssueOwner, predicate: string, action: string): IssueWords {
  return { owner, predicate, action }
}
