import type { Hono } from 'hono'
import { createDoor, type DoorOptions } from './door.ts'

export type AppOptions = DoorOptions

/** The whole of the hub's HTTP: the door, and what people and programs read and ask for. */
export function createApp(options: AppOptions): Hono {
  const app = createDoor(options)
  // What handlers keep on the context is nobody else's business.
  return app as unknown as Hono
}
