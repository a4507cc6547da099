/** A book of the other side could not be read, so nothing can be said about it. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}
