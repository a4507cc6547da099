import { z } from '@hono/zod-openapi'

/** Any id by which the hub knows a thing: ours or a vendor's. Control characters never are part of one. */
export const anyId = z
  .string()
  .min(1)
  .max(256)
  .regex(/^\P{Cc}+$/u, 'must not hold control characters')

/** A path with one id. */
export const byId = z.strictObject({ id: anyId })
