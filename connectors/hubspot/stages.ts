import type { Answer } from '../../src/ports/answer.ts'
import { answered } from '../../src/ports/answer.ts'
import type { Connection } from './connection.ts'

/** The properties of a deal that say whether it is won. */
export type StageOfDeal = {
  readonly pipeline: string | null
  readonly dealstage: string | null
  readonly hs_is_closed_won: string | null
}

/** Answers for each deal whether it is closed-won. */
export type WonJudge = (deals: readonly StageOfDeal[]) => Promise<Answer<boolean[]>>

/** Whether each stage is a won one, by pipeline and stage id: both are internal ids, labels play no part. */
type WonByStage = ReadonlyMap<string, boolean>

/**
 * Judges by the pipeline's own metadata: closed with a probability of one. HubSpot's calculated flag decides only for a stage that no
 * longer exists. An unknown stage, or a flag that says otherwise, makes us read the pipelines again.
 */
export function wonJudge(connection: Connection): WonJudge {
  let known: WonByStage | null = null
  return async (deals) => {
    if (known === null || deals.some((deal) => isDoubtful(known, deal))) {
      const reply = await readStages(connection)
      if (reply.kind !== 'ok') return reply
      known = reply.value
    }
    const won = known
    return answered(deals.map((deal) => won.get(keyOf(deal)) ?? deal.hs_is_closed_won === 'true'))
  }
}

function isDoubtful(known: WonByStage | null, deal: StageOfDeal): boolean {
  const won = known?.get(keyOf(deal))
  return won === undefined || (deal.hs_is_closed_won !== null && won !== (deal.hs_is_closed_won === 'true'))
}

function keyOf({ pipeline, dealstage }: StageOfDeal): string {
  return `${pipeline}/${dealstage}`
}

async function readStages(connection: Connection): Promise<Answer<WonByStage>> {
  const reply = await connection.call(() => connection.pipelines.getAll('deals'))
  if (reply.kind !== 'ok') return reply
  if (!Array.isArray(reply.value.results)) return { kind: 'broken', detail: 'No list of pipelines' }
  const stages = reply.value.results.flatMap((pipeline) =>
    (pipeline.stages ?? []).map((stage) => {
      const { isClosed, probability } = stage.metadata ?? {}
      const isWon = isClosed === 'true' && Number(probability) === 1
      return [keyOf({ pipeline: pipeline.id, dealstage: stage.id, hs_is_closed_won: null }), isWon] as const
    }),
  )
  return answered(new Map(stages))
}
