/** The bytes of a line of a body without its end; null for one that is too long, which is skipped without being held. */
export type Line = Uint8Array | null

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
      lines.push(skips || rest.length + piece.length > longestBytes ? null : lineOf(rest, piece))
      start = end + 1
      rest = new Uint8Array(0)
      skips = false
    }
    const left = chunk.subarray(start)
    skips ||= rest.length + left.length > longestBytes
    rest = skips ? new Uint8Array(0) : joinedBytes(rest, left)
    if (lines.length > 0) yield lines
  }
  if (skips) yield [null]
  else if (rest.length > 0) yield [lineOf(rest, new Uint8Array(0))]
}

const lineFeed = 10
const carriageReturn = 13
// Decoding drops a byte order mark, which only the first line may begin with.
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A line as text; null where it is not UTF-8. */
export function textOfLine(line: Uint8Array): string | null {
  try {
    return utf8.decode(line)
  } catch {
    return null
  }
}

/** Whether a line holds nothing but whitespace. */
export function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || (byte >= 9 && byte <= 13))
}

function lineOf(rest: Uint8Array, piece: Uint8Array): Uint8Array {
  const line = rest.length === 0 ? piece : joinedBytes(rest, piece)
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
}

function joinedBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length)
  bytes.set(left)
  bytes.set(right, left.length)
  return bytes
}
