/** So many events follow each other before the first of them comes again under a new number. */
const slots = 2_000

const hole = '############'

/** How events are put together in one body. */
export type Framing = { readonly before: string; readonly between: string; readonly after: string }

/** Framings of a request body, of a stream and of rows for COPY. */
export const framings = {
  single: { before: '', between: '', after: '' },
  batch: { before: '[', between: ',', after: ']' },
  lines: { before: '', between: '\n', after: '\n' },
} as const satisfies Record<string, Framing>

/**
 * Bodies of events, made by copying a text and writing numbers into it: what the load costs is taken from the hub it shares the cores with.
 * `distinct` and `repeats` count what was made so far.
 */
export type UsageLoad = {
  next(events: number, share?: number): Buffer
  readonly distinct: number
  readonly repeats: number
}

/** What is written over the hole of an event, besides its number. */
export type NumberWriter = (body: Buffer, offset: number, number: number) => void

/**
 * Makes a load. `textOf` gives the text of an event by its slot, around a hole for its number. A share of the events repeats,
 * byte for byte, one of 2,000 events before. `next` throws RangeError unless 2,000 is a multiple of the events asked for.
 */
export function usageLoad(
  textOf: (slot: number, numberHole: string) => string,
  framing: Framing,
  write: NumberWriter = writeNumber,
): UsageLoad {
  const texts = Array.from({ length: slots }, (_, slot) => Buffer.from(textOf(slot, hole) + framing.between))
  const whole = Buffer.concat(texts)
  const startOf = texts.reduce<number[]>(
    (starts, text) => [...starts, (starts.at(-1) ?? 0) + text.length],
    [0],
  )
  const holeIn = texts.map((text) => text.indexOf(hole))
  const sent = new Float64Array(slots)
  const isRepeat = chance()
  let made = 0
  const counts = { distinct: 0, repeats: 0 }
  const numberOf = (slot: number, share: number): number => {
    const before = sent[slot] ?? 0
    if (share > 0 && before > 0 && isRepeat(share)) {
      counts.repeats++
      return before
    }
    counts.distinct++
    return (sent[slot] = ++made)
  }
  let slot = 0
  return {
    get distinct() {
      return counts.distinct
    },
    get repeats() {
      return counts.repeats
    },
    next: (events, share = 0) => {
      if (slots % events !== 0 || slot % events !== 0)
        throw new RangeError(`${events} does not divide ${slots}`)
      const { before, between, after } = framing
      const [start, end] = [startOf[slot] ?? 0, (startOf[slot + events] ?? 0) - between.length]
      const body = Buffer.allocUnsafe(before.length + end - start + after.length)
      body.write(before, 0, 'latin1')
      whole.copy(body, before.length, start, end)
      body.write(after, before.length + end - start, 'latin1')
      for (let at = slot; at < slot + events; at++)
        write(body, before.length + (startOf[at] ?? 0) - start + (holeIn[at] ?? 0), numberOf(at, share))
      slot = (slot + events) % slots
      return body
    },
  }
}

/** The text of a usage event, a CloudEvent; `name` keeps the ids of one load from those of another. */
export function eventText(
  name: string,
  subjects: readonly string[],
  at: Date,
): (slot: number, hole: string) => string {
  const time = at.toISOString()
  return (slot, numberHole) => {
    const subject = subjects[(slot * 31) % subjects.length] ?? ''
    return (
      `{"specversion":"1.0","id":"${name}-${numberHole}","source":"bench/gateway","type":"tokens",` +
      `"subject":"${subject}","time":"${time}","data":{"value":"${100 + ((slot * 7) % 900)}","properties":{"region":"eu"}}}`
    )
  }
}

/** Writes a number in twelve digits. */
export function writeNumber(body: Buffer, offset: number, number: number): void {
  let [low, high] = [number % 1_000_000, Math.floor(number / 1_000_000)]
  for (let place = 5; place >= 0; place--) {
    body[offset + 6 + place] = 48 + (low % 10)
    body[offset + place] = 48 + (high % 10)
    low = (low / 10) | 0
    high = (high / 10) | 0
  }
}

/** Says of a share of the times that it is one, in the same order in every run. */
function chance(): (share: number) => boolean {
  let state = 1
  return (share) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 < share
  }
}
