import { userInfo } from 'node:os'

/** How whoever calls a command is named where acts are written down. */
export function commandActor(): string {
  try {
    return `cli:${userInfo().username}`
  } catch {
    // A container may run under a number that has no name.
    return `cli:${process.getuid?.() ?? 'unknown'}`
  }
}
