import type { Socket } from 'node:net'
import { answer } from './apis.ts'
import type { Broker } from './broker.ts'

const lengthBytes = 4

/** Serves one connection: requests are answered one after the other, in the order they came. */
export async function serveConnection(socket: Socket, broker: Broker): Promise<void> {
  let held: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of socket) {
      held = Buffer.concat([held, chunk as Buffer])
      for (let frame = firstFrame(held); frame !== null; frame = firstFrame(held)) {
        held = held.subarray(lengthBytes + frame.length)
        const outcome = await answer(frame, broker)
        if (outcome.kind === 'cut') return
        socket.write(outcome.bytes)
      }
    }
  } finally {
    socket.destroy()
  }
}

function firstFrame(held: Buffer): Buffer | null {
  if (held.length < lengthBytes) return null
  const end = lengthBytes + held.readInt32BE(0)
  return held.length < end ? null : held.subarray(lengthBytes, end)
}
