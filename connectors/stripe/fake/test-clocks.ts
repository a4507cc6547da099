import { endpoint, list, mustExist } from './api.ts'
import type { Wire } from './emit.ts'
import { emit } from './emit.ts'
import * as params from './params-customer.ts'
import type { Interval } from './periods.ts'
import { approximateSeconds, stepFrom } from './periods.ts'
import { invalidRequest } from './refusal.ts'
import type { TestClock } from './rows.ts'
import { isLive } from './subscription-cycle.ts'
import { intervalOf } from './subscription-lines.ts'
import type { World } from './world.ts'

/** A test clock on the wire. There is one time in the twin, and every test clock shows it. */
function testClockWire(world: World, row: TestClock): Wire {
  return {
    id: row.id,
    object: 'test_helpers.test_clock',
    created: row.created,
    deletes_after: row.deletesAfter,
    frozen_time: world.seconds(),
    livemode: false,
    name: row.name,
    status: 'ready',
    status_details: {},
  }
}

/** One advance passes at most two intervals of the shortest subscription, two years when there is none. */
function latestAdvance(world: World): number {
  const intervals = [...world.subscriptions.all()]
    .filter(isLive)
    .flatMap(({ items }) => items.map((item) => intervalOf(world, item)))
  const shortest = intervals.reduce<Interval>(
    (least, interval) => (approximateSeconds(interval) < approximateSeconds(least) ? interval : least),
    { unit: 'year', count: 1 },
  )
  return stepFrom(world.seconds(), shortest, 2)
}

function advance(world: World, row: TestClock, to: number): Wire {
  if (to < world.seconds())
    throw invalidRequest('You can only move a test clock forward in time.', { param: 'frozen_time' })
  if (to > latestAdvance(world))
    throw invalidRequest(
      'A test clock can be advanced by at most two intervals of the shortest subscription.',
      {
        param: 'frozen_time',
      },
    )
  const asked = world.request
  emit(world, 'test_helpers.test_clock.advancing', { ...testClockWire(world, row), status: 'advancing' })
  // What happens on the way happens by itself, not by this request.
  world.request = null
  world.advance(to * 1000)
  world.request = asked
  emit(world, 'test_helpers.test_clock.ready', testClockWire(world, row))
  return {
    ...testClockWire(world, row),
    status: 'advancing',
    status_details: { advancing: { target_frozen_time: to } },
  }
}

const base = '/v1/test_helpers/test_clocks'

/** Routes of test clocks, all bound to the twin's own time. */
export const testClockEndpoints = [
  endpoint('POST', base, params.testClockCreate, (world, input) => {
    if (input.frozen_time > world.seconds()) world.advance(input.frozen_time * 1000)
    const row = world.testClocks.insert({
      id: world.newId('clock'),
      created: world.seconds(),
      name: input.name ?? null,
      deletesAfter: world.seconds() + 30 * 86_400,
    })
    emit(world, 'test_helpers.test_clock.created', testClockWire(world, row))
    return testClockWire(world, row)
  }),
  endpoint('GET', base, params.plainList, (world, input) =>
    list(world.testClocks, 'test_clock', base, input, (row) => testClockWire(world, row)),
  ),
  endpoint('GET', `${base}/:id`, params.nothing, (world, _input, { id = '' }) =>
    testClockWire(world, mustExist(world.testClocks.get(id), 'test_clock', id)),
  ),
  endpoint('POST', `${base}/:id/advance`, params.testClockAdvance, (world, input, { id = '' }) =>
    advance(world, mustExist(world.testClocks.get(id), 'test_clock', id), input.frozen_time),
  ),
]
