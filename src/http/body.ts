import { ProblemError } from './problem.ts'

/** How much of a body each kind of address takes, in bytes. */
export const bodyLimits = { hook: 1_048_576, events: 5_242_880, api: 262_144 } as const

/**
 * Reads a body as text, at most `limitBytes` of it: what Content-Length says is refused early, what comes is counted, because a length may
 * lie or be missing. Throws ProblemError: compressed (415), too large (413), not UTF-8 (400).
 */
export async function readText(request: Request, limitBytes: number): Promise<string> {
  return decodeText(await readBytes(request, limitBytes))
}

/** As `readText`, before it is decoded. */
export async function readBytes(request: Request, limitBytes: number): Promise<Buffer> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') throw compressed(encoding)
  const promised = request.headers.get('content-length')
  if (promised !== null && /^\d+$/.test(promised) && Number(promised) > limitBytes) throw tooLarge(limitBytes)
  // A server reads no more of a body than its length says, and where the length is known it need not be made into a stream.
  const bytes =
    promised === null ? await readStream(request, limitBytes) : new Uint8Array(await request.arrayBuffer())
  if (bytes.length > limitBytes) throw tooLarge(limitBytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function readStream(request: Request, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(request)) {
    size += chunk.length
    if (size > limitBytes) throw tooLarge(limitBytes)
    chunks.push(chunk)
  }
  const [only] = chunks
  if (chunks.length === 1 && only !== undefined) return only
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as text. Throws ProblemError (400): those that are not UTF-8 are refused before anything reads them. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new ProblemError({ status: 400, code: 'body-encoding', detail: 'The body is not valid UTF-8.' })
  }
}

function tooLarge(limitBytes: number): ProblemError {
  const detail = `This address takes at most ${limitBytes} bytes.`
  return new ProblemError({ status: 413, code: 'body-too-large', detail })
}

function compressed(encoding: string): ProblemError {
  const detail = `The body is encoded as ${encoding.slice(0, 40)}; bodies are taken as they are.`
  return new ProblemError({ status: 415, code: 'content-encoding', detail })
}

/** The media type of a request without its parameters, in small letters; empty when it has none. */
export function mediaTypeOf(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Throws ProblemError (415) unless the media type is one of `taken`. */
export function requireMediaType(request: Request, taken: readonly string[]): string {
  const type = mediaTypeOf(request)
  if (taken.includes(type)) return type
  const found = type === '' ? 'The request has no Content-Type' : `The Content-Type is ${type.slice(0, 80)}`
  const detail = `${found}; this address takes ${taken.join(', ')}.`
  throw new ProblemError({ status: 415, code: 'content-type', detail })
}
