import { type Context, Hono } from 'hono'
import type { Fault } from '../../fault-script.ts'
import type { SalesforceFake } from '../fake.ts'
import { Refusal } from './refusal.ts'

/** A control by its arguments, which come as JSON; the twin itself refuses those that make no sense. */
function control<T>(run: (given: T) => unknown): (given: unknown) => unknown {
  return (given) => run(given as T)
}

type Id = { readonly id: string }
type FieldsOf = Parameters<SalesforceFake['update']>[1]
type Access = Parameters<SalesforceFake['setObjectSecurity']>[1]

/**
 * The controls of the fake over HTTP, for driving it from another process: `POST /__fake/<name>` with a JSON object of arguments, named
 * as in the methods. `GET /__fake/truth` and `GET /__fake/next-due-at` only look.
 */
export function controlRoutes(fake: SalesforceFake): Hono {
  const controls = { ...recordControls(fake), ...administratorControls(fake), ...timeControls(fake) }
  return new Hono()
    .get('/__fake/truth', (c) => c.json(fake.truth()))
    .get('/__fake/next-due-at', (c) => c.json({ nextDueAt: fake.nextDueAt()?.toISOString() ?? null }))
    .post('/__fake/:control', (c) => act(c, controls))
}

type Controls = Readonly<Record<string, (given: unknown) => unknown>>

function recordControls(fake: SalesforceFake): Controls {
  return {
    load: control<{ records: Parameters<SalesforceFake['load']>[0] }>(({ records }) => ({
      ids: fake.load(records),
    })),
    'add-deal': control<{ deal: Parameters<SalesforceFake['addDeal']>[0] }>(({ deal }) => ({
      id: fake.addDeal(deal),
    })),
    'close-deal': control<Id & { fields?: FieldsOf }>(({ id, fields }) => fake.closeDeal(id, fields)),
    update: control<Id & { fields: FieldsOf; stampedAt?: string }>(({ id, fields, stampedAt }) =>
      fake.update(id, fields, stampedAt === undefined ? undefined : new Date(stampedAt)),
    ),
    delete: control<Id>(({ id }) => fake.delete(id)),
    undelete: control<Id>(({ id }) => fake.undelete(id)),
    'merge-accounts': control<{ masterId: string; loserId: string }>(({ masterId, loserId }) =>
      fake.mergeAccounts(masterId, loserId),
    ),
  }
}

function administratorControls(fake: SalesforceFake): Controls {
  return {
    'set-field-security': control<{ object: string; field: string; access: Access }>((given) =>
      fake.setFieldSecurity(given.object, given.field, given.access),
    ),
    'set-object-security': control<{ object: string; access: Access }>(({ object, access }) =>
      fake.setObjectSecurity(object, access),
    ),
    'add-validation-rule': control<{ rule: Parameters<SalesforceFake['addValidationRule']>[0] }>(({ rule }) =>
      fake.addValidationRule(rule),
    ),
    'lock-row': control<Id & { times: number }>(({ id, times }) => fake.lockRow(id, times)),
    'set-request-limit': control<{ allowed: number }>(({ allowed }) => fake.setRequestLimit(allowed)),
    'expire-tokens': () => fake.expireTokens(),
    'expire-cursors': () => fake.expireCursors(),
    'refresh-sandbox': control<{ organizationId: string }>(({ organizationId }) =>
      fake.refreshSandbox(organizationId),
    ),
  }
}

function timeControls(fake: SalesforceFake): Controls {
  return {
    'add-faults': control<{ faults: readonly Fault[] }>(({ faults }) => fake.faults.add(...faults)),
    'deliver-twice': control<{ times: number }>(({ times }) => fake.deliverTwice(times)),
    'shuffle-messages': () => fake.shuffleMessages(),
    'advance-to': control<{ instant: string }>(({ instant }) => fake.advanceTo(new Date(instant))),
    pump: async () => ({ requests: await fake.pump() }),
  }
}

async function act(c: Context, controls: Controls): Promise<Response> {
  const run = controls[c.req.param('control') ?? '']
  if (!run) return c.json({ error: 'no such control', controls: Object.keys(controls) }, 404)
  const text = await c.req.text()
  try {
    const result = await run(text === '' ? {} : JSON.parse(text))
    return c.json(result ?? { done: true })
  } catch (error) {
    if (error instanceof Refusal)
      return c.json({ error: error.message, code: error.errorCode, fields: error.fields }, 400)
    if (error instanceof Error) return c.json({ error: error.message }, 400)
    throw error
  }
}
