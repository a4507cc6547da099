/** Something that happens by itself at a second of the twin's time. */
export type Task = {
  readonly at: number
  readonly rank: number
  readonly sequence: number
  readonly run: () => void
  canceled: boolean
}

/**
 * What is due, soonest first. At one second the lower `rank` goes first (a schedule's new phase before the invoice that bills
 * it), then whatever was planned first.
 */
export type Agenda = {
  /** Plans `run` for a unix second. */
  add(at: number, run: () => void, rank?: number): Task
  /** The soonest task, without taking it. */
  peek(): Task | null
  take(): Task | null
}

/** Ranks of tasks that fall on one second. */
export const rank = { phase: 0, cancel: 1, cycle: 2, invoice: 3, other: 4 } as const

/** Makes an empty agenda. */
export function createAgenda(): Agenda {
  const heap = createHeap<Task>((left, right) => isBefore(left, right))
  let sequence = 0
  const peek = () => {
    while (heap.peek()?.canceled) heap.take()
    return heap.peek()
  }
  return {
    peek,
    take: () => (peek() === null ? null : heap.take()),
    add: (at, run, taskRank = rank.other) => {
      const task = { at, rank: taskRank, sequence: sequence++, run, canceled: false }
      heap.add(task)
      return task
    },
  }
}

function isBefore(left: Task, right: Task): boolean {
  if (left.at !== right.at) return left.at < right.at
  if (left.rank !== right.rank) return left.rank < right.rank
  return left.sequence < right.sequence
}

/** A binary heap: the least element is on top. */
export type Heap<T> = { add(item: T): void; peek(): T | null; take(): T | null; size(): number }

/** Makes an empty heap for an order. */
export function createHeap<T>(comesBefore: (left: T, right: T) => boolean): Heap<T> {
  const items: T[] = []
  return {
    size: () => items.length,
    peek: () => items[0] ?? null,
    add: (item) => {
      items.push(item)
      siftUp(items, comesBefore)
    },
    take: () => {
      const top = items[0]
      const last = items.pop()
      if (top === undefined || last === undefined) return null
      if (items.length > 0) {
        items[0] = last
        siftDown(items, comesBefore)
      }
      return top
    },
  }
}

function siftUp<T>(items: T[], comesBefore: (left: T, right: T) => boolean): void {
  let index = items.length - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!comesBefore(items[index] as T, items[parent] as T)) return
    swap(items, index, parent)
    index = parent
  }
}

function siftDown<T>(items: T[], comesBefore: (left: T, right: T) => boolean): void {
  let index = 0
  for (;;) {
    let least = index
    for (const child of [2 * index + 1, 2 * index + 2])
      if (child < items.length && comesBefore(items[child] as T, items[least] as T)) least = child
    if (least === index) return
    swap(items, index, least)
    index = least
  }
}

function swap<T>(items: T[], left: number, right: number): void {
  const kept = items[left] as T
  items[left] = items[right] as T
  items[right] = kept
}
