/** A line of a body, or why it cannot be read. One that is too long is skipped without being held. */
export type Line = string | { readonly fault: 'too-long' | 'encoding' }

/**
 * Reads a body line by line without ever holding more than a chunk of it and one line. Lines end in LF or CR LF; the last one need not end.
 * A byte order mark at the beginning is passed over.
 */
export async function* linesOf(
  body: ReadableStream<Uint8Array>,
  longestBytes: number,
): AsyncGenerator<Line[]> {
  let rest: Uint8Array = new Uint8Array(0)
  let skips = false
  for await (const chunk of body) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      const piece = chunk.subarray(start, end)
      lines.push(skips || rest.length + piece.length > longestBytes ? tooLong : textOf(rest, piece))
      start = end + 1
      rest = new Uint8Array(0)
      skips = false
    }
    const left = chunk.subarray(start)
    skips ||= rest.length + left.length > longestBytes
    rest = skips ? new Uint8Array(0) : joinedBytes(rest, left)
    if (lines.length > 0) yield lines
  }
  if (skips) yield [tooLong]
  else if (rest.length > 0) yield [textOf(rest, new Uint8Array(0))]
}

const lineFeed = 10
const tooLong = { fault: 'too-long' } as const
// Decoding drops a byte order mark, which only the first line may begin with.
const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf(rest: Uint8Array, piece: Uint8Array): Line {
  try {
    const text = utf8.decode(rest.length === 0 ? piece : joinedBytes(rest, piece))
    return text.endsWith('\r') ? text.slice(0, -1) : text
  } catch {
    return { fault: 'encoding' }
  }
}

function joinedBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length)
  bytes.set(left)
  bytes.set(right, left.length)
  return bytes
}
