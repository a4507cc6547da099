import type { Clock } from '../../../src/ports/clock.ts'
import { errorCodes } from './error-codes.ts'

export type JoinRequest = {
  readonly memberId: string
  readonly sessionTimeoutMilliseconds: number
  readonly rebalanceTimeoutMilliseconds: number
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

export type JoinAnswer = {
  readonly error: number
  readonly generation: number
  readonly protocol: string
  readonly leader: string
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[]
}

export type SyncAnswer = { readonly error: number; readonly assignment: Buffer }

type Member = {
  request: JoinRequest
  lastSeen: Date
  joining: ((answer: JoinAnswer) => void) | null
  syncing: ((answer: SyncAnswer) => void) | null
  assignment: Buffer
}

/** Who a request claims to come from. */
export type Claim = { readonly memberId: string; readonly generation: number }

/**
 * The coordinator of one consumer group of the classic protocol: members join at a barrier, the leader deals out partitions, and whoever is silent
 * for longer than its session is left out.
 */
export type Group = {
  join(request: JoinRequest): Promise<JoinAnswer>
  sync(claim: Claim, assignments: ReadonlyMap<string, Buffer>): Promise<SyncAnswer>
  heartbeat(claim: Claim): number
  leave(memberId: string): number
  /** Whether a commit is taken; somebody outside of the group may commit while it is empty. */
  mayCommit(claim: Claim): number
  readonly offsets: Map<string, bigint>
}

type State = {
  readonly members: Map<string, Member>
  readonly promised: Set<string>
  phase: 'empty' | 'joining' | 'syncing' | 'stable'
  generation: number
  leader: string
  round: number
}

const nothing = Buffer.alloc(0)

export function createGroup(clock: Clock, nextMemberId: () => string): Group {
  const state: State = {
    members: new Map(),
    promised: new Set(),
    phase: 'empty',
    generation: 0,
    leader: '',
    round: 0,
  }
  return {
    join: (request) => join(state, clock, nextMemberId, request),
    sync: (claim, assignments) => sync(state, clock, claim, assignments),
    heartbeat: (claim) => {
      const error = faultOf(state, claim)
      if (error !== errorCodes.none) return error
      touch(state, clock, claim.memberId)
      return state.phase === 'joining' ? errorCodes.rebalanceInProgress : errorCodes.none
    },
    leave: (memberId) => {
      if (!state.members.has(memberId)) return errorCodes.unknownMemberId
      remove(state, clock, memberId)
      return errorCodes.none
    },
    mayCommit: (claim) => {
      if (claim.generation < 0 && state.phase === 'empty') return errorCodes.none
      const error = faultOf(state, claim)
      if (error !== errorCodes.none) return error
      touch(state, clock, claim.memberId)
      return state.phase === 'syncing' ? errorCodes.rebalanceInProgress : errorCodes.none
    },
    offsets: new Map(),
  }
}

function faultOf({ members, generation }: State, claim: Claim): number {
  if (!members.has(claim.memberId)) return errorCodes.unknownMemberId
  return claim.generation === generation ? errorCodes.none : errorCodes.illegalGeneration
}

function join(
  state: State,
  clock: Clock,
  nextMemberId: () => string,
  request: JoinRequest,
): Promise<JoinAnswer> {
  const { memberId } = request
  if (memberId === '') {
    // A member that has not heard its id would stay behind as a ghost, so it is told the id first (KIP-394).
    const promised = nextMemberId()
    state.promised.add(promised)
    return Promise.resolve(refusedJoin(errorCodes.memberIdRequired, promised))
  }
  const member = state.members.get(memberId)
  if (member === undefined && !state.promised.delete(memberId))
    return Promise.resolve(refusedJoin(errorCodes.unknownMemberId, memberId))
  const answer = Promise.withResolvers<JoinAnswer>()
  const now = clock.now()
  state.members.set(memberId, {
    request,
    lastSeen: now,
    joining: answer.resolve,
    syncing: null,
    assignment: nothing,
  })
  void watch(state, clock, memberId)
  beginJoining(state, clock)
  completeJoin(state)
  return answer.promise
}

function refusedJoin(error: number, memberId: string): JoinAnswer {
  return { error, generation: -1, protocol: '', leader: '', memberId, members: [] }
}

/** Everybody has to join again. Whoever does not in time is left out. */
function beginJoining(state: State, clock: Clock): void {
  if (state.phase === 'joining') return
  for (const member of state.members.values()) {
    member.syncing?.({ error: errorCodes.rebalanceInProgress, assignment: nothing })
    member.syncing = null
  }
  state.phase = 'joining'
  void endJoining(state, clock, ++state.round)
}

async function endJoining(state: State, clock: Clock, round: number): Promise<void> {
  const timeouts = [...state.members.values()].map(({ request }) => request.rebalanceTimeoutMilliseconds)
  await clock.sleep(Math.max(0, ...timeouts))
  if (state.round !== round || state.phase !== 'joining') return
  for (const [memberId, { joining }] of state.members) if (joining === null) state.members.delete(memberId)
  if (state.members.size === 0) state.phase = 'empty'
  completeJoin(state)
}

function completeJoin(state: State): void {
  const members = [...state.members]
  if (members.length === 0 || members.some(([, { joining }]) => joining === null)) return
  const protocol = commonProtocol(members.map(([, { request }]) => request))
  state.generation++
  state.phase = 'syncing'
  state.leader = state.members.has(state.leader) ? state.leader : (members[0]?.[0] ?? '')
  for (const [memberId, member] of members) {
    const listed = memberId === state.leader ? members.map(([id, held]) => listedAs(id, held, protocol)) : []
    const error = protocol === null ? errorCodes.inconsistentGroupProtocol : errorCodes.none
    const { generation, leader } = state
    member.joining?.({ error, generation, protocol: protocol ?? '', leader, memberId, members: listed })
    member.joining = null
  }
}

function commonProtocol(requests: readonly JoinRequest[]): string | null {
  const names = requests[0]?.protocols.map(({ name }) => name) ?? []
  return (
    names.find((name) => requests.every(({ protocols }) => protocols.some((own) => own.name === name))) ??
    null
  )
}

function listedAs(memberId: string, { request }: Member, protocol: string | null) {
  const metadata = request.protocols.find(({ name }) => name === protocol)?.metadata ?? nothing
  return { memberId, metadata }
}

function sync(
  state: State,
  clock: Clock,
  claim: Claim,
  assignments: ReadonlyMap<string, Buffer>,
): Promise<SyncAnswer> {
  const fault = faultOf(state, claim)
  const error =
    fault === errorCodes.none && state.phase === 'joining' ? errorCodes.rebalanceInProgress : fault
  const member = state.members.get(claim.memberId)
  if (error !== errorCodes.none || member === undefined)
    return Promise.resolve({ error, assignment: nothing })
  touch(state, clock, claim.memberId)
  if (state.phase === 'stable') return Promise.resolve({ error, assignment: member.assignment })
  const answer = Promise.withResolvers<SyncAnswer>()
  member.syncing = answer.resolve
  if (claim.memberId === state.leader) dealOut(state, assignments)
  return answer.promise
}

function dealOut(state: State, assignments: ReadonlyMap<string, Buffer>): void {
  state.phase = 'stable'
  for (const [memberId, member] of state.members) {
    member.assignment = assignments.get(memberId) ?? nothing
    member.syncing?.({ error: errorCodes.none, assignment: member.assignment })
    member.syncing = null
  }
}

function touch(state: State, clock: Clock, memberId: string): void {
  const member = state.members.get(memberId)
  if (member !== undefined) member.lastSeen = clock.now()
}

/** Looks after each session whether the member was heard of since; one that waits at the barrier cannot be. */
async function watch(state: State, clock: Clock, memberId: string): Promise<void> {
  const member = state.members.get(memberId)
  if (member === undefined) return
  const { sessionTimeoutMilliseconds } = member.request
  for (;;) {
    await clock.sleep(sessionTimeoutMilliseconds)
    if (state.members.get(memberId) !== member) return
    const silent = clock.now().getTime() - member.lastSeen.getTime()
    const isHeld = member.joining !== null || member.syncing !== null
    if (!isHeld && silent >= sessionTimeoutMilliseconds) return remove(state, clock, memberId)
  }
}

function remove(state: State, clock: Clock, memberId: string): void {
  state.members.delete(memberId)
  if (state.members.size === 0) {
    state.phase = 'empty'
    return
  }
  beginJoining(state, clock)
  completeJoin(state)
}
