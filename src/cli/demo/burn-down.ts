import { Big } from 'big.js'
import { z } from 'zod'
import { addDays } from '../../domain/calendar.ts'
import { groupDigits } from '../../domain/rating/explain.ts'
import { systemClock } from '../../ports/clock.ts'
import type { Customer } from '../../store/customers.ts'
import { contractsOfCustomer } from '../../store/contracts.ts'
import { postUsage, type PostedEvent } from './post-usage.ts'
import type { Tell } from './story.ts'
import type { World } from './world.ts'

/** A customer's use of tokens on a day: so many requests of so many tokens each, a minute apart. */
export type DayOfUse = { readonly day: string; readonly requests: number; readonly tokensEach: number }

/** Posts a day's use as the product does that serves the customer, and tells where that leaves the commitment. */
export async function useTokens(world: World, customer: Customer, use: DayOfUse, tell: Tell): Promise<void> {
  const events = eventsOf(use, customer)
  const last = new Date(events.at(-1)?.time ?? '')
  await world.advanceTo(new Date(last.getTime() + 60_000))
  await postUsage(world, events)
  await world.settle()
  tell(await standingOf(world, customer, use.day))
}

function eventsOf({ day, requests, tokensEach }: DayOfUse, { crmAccountId }: Customer): PostedEvent[] {
  const first = new Date(`${day}T17:00:00Z`).getTime()
  return Array.from({ length: requests }, (_none, index) => ({
    id: `acme-tokens-${day}-${index}`,
    source: 'demo/gateway',
    type: 'tokens',
    subject: crmAccountId,
    time: new Date(first + index * 60_000).toISOString(),
    data: { value: String(tokensEach) },
  }))
}

const Upcoming = z.object({
  lines: z.array(
    z.object({ quantity: z.string(), included: z.string(), overage: z.string(), explanation: z.string() }),
  ),
})

/** What is used of the commitment and what is left, or what is beyond it and why that costs what it costs: as the hub's API says it. */
async function standingOf(
  { hub, usageKey }: World,
  { customerId, name }: Customer,
  day: string,
): Promise<string> {
  const [contract] = await contractsOfCustomer(hub.context.store.read, customerId)
  const answer = await hub.app.request(`/v1/contracts/${contract?.contractId}/upcoming-usage`, {
    headers: { authorization: `Bearer ${await usageKey()}` },
  })
  const [line] = Upcoming.parse(await answer.json()).lines
  if (line === undefined) throw new Error(`${name} has no usage line on ${day}`)
  const [used, included, over] = [new Big(line.quantity), new Big(line.included), new Big(line.overage)]
  const percent = used.times(100).div(included)
  const rest = over.gt(0)
    ? `overage so far: ${line.explanation}`
    : `${groupDigits(included.minus(used))} left`
  return `${day}  ${barOf(percent)} ${percent.toFixed(0).padStart(3)} %  ${name} used ${groupDigits(used)} of ${groupDigits(included)} tokens; ${rest}`
}

const barCells = 20

/** A bar of twenty cells for what is included; what is beyond it is drawn lighter. */
function barOf(percent: Big): string {
  const cells = Math.min(30, percent.times(barCells).div(100).round(0, Big.roundDown).toNumber())
  const covered = Math.min(cells, barCells)
  return `${'█'.repeat(covered)}${'▓'.repeat(cells - covered)}${'░'.repeat(barCells - covered)}`.padEnd(26)
}

/** The rest of April: half a million tokens a day come to thirteen million, three of them beyond what is included. */
const liveDays = Array.from({ length: 26 }, (_none, index) => addDays('2026-04-05', index))

/** Between two days, so that whoever looks at the status page sees it move. */
const stepMilliseconds = 1_000

/** Lets a customer go on using tokens after the story, a day a second, for whoever watches; until April is over, or `isOver` says so. */
export async function burnDownLive(
  world: World,
  customer: Customer,
  tell: Tell,
  isOver: () => boolean,
): Promise<void> {
  for (const day of liveDays) {
    await systemClock.sleep(stepMilliseconds)
    if (isOver()) return
    await useTokens(world, customer, { day, requests: 20, tokensEach: 25_000 }, tell)
  }
}
