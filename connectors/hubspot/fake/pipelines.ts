/** A stage of a deal pipeline. People see the label; records hold the id. */
export type Stage = {
  readonly id: string
  label: string
  readonly displayOrder: number
  isClosed: boolean
  /** As HubSpot writes it: `0.2`, `1.0`. */
  probability: string
}

export type Pipeline = {
  readonly id: string
  readonly label: string
  readonly displayOrder: number
  readonly stages: Stage[]
}

/** The deal pipelines of a portal. */
export type Pipelines = {
  readonly all: Pipeline[]
  stage(pipelineId: string | undefined, stageId: string | undefined): Stage | undefined
  wonStage(pipelineId: string): Stage
  /** What a stage is called or means changes, the id stays. */
  change(stageId: string, to: Partial<Omit<Stage, 'id' | 'displayOrder'>>): void
  add(pipelineId: string, stage: Omit<Stage, 'displayOrder'>): void
}

/** Starts with HubSpot's default pipeline, and a second one whose stage ids are mere numbers. */
export function createPipelines(): Pipelines {
  const all = [salesPipeline(), enterprisePipeline()]
  const find = (id: string | undefined) => all.find((pipeline) => pipeline.id === id)
  return {
    all,
    stage: (pipelineId, stageId) => find(pipelineId)?.stages.find(({ id }) => id === stageId),
    wonStage: (pipelineId) => wonStageOf(find(pipelineId)),
    change: (stageId, to) => {
      const stage = all.flatMap(({ stages }) => stages).find(({ id }) => id === stageId)
      if (stage === undefined) throw new Error(`No stage ${stageId}`)
      Object.assign(stage, to)
    },
    add: (pipelineId, stage) => {
      const stages = find(pipelineId)?.stages
      if (stages === undefined) throw new Error(`No pipeline ${pipelineId}`)
      stages.push({ ...stage, displayOrder: stages.length })
    },
  }
}

function wonStageOf(pipeline: Pipeline | undefined): Stage {
  const stage = pipeline?.stages.find(({ isClosed, probability }) => isClosed && probability === '1.0')
  if (stage === undefined) throw new Error('The pipeline has no won stage')
  return stage
}

function salesPipeline(): Pipeline {
  return pipelineOf('default', 'Sales Pipeline', 0, [
    ['appointmentscheduled', 'Appointment Scheduled', '0.2'],
    ['qualifiedtobuy', 'Qualified To Buy', '0.4'],
    ['presentationscheduled', 'Presentation Scheduled', '0.6'],
    ['decisionmakerboughtin', 'Decision Maker Bought-In', '0.8'],
    ['contractsent', 'Contract Sent', '0.9'],
    ['closedwon', 'Closed Won', '1.0'],
    ['closedlost', 'Closed Lost', '0.0'],
  ])
}

function enterprisePipeline(): Pipeline {
  return pipelineOf('78452011', 'Enterprise', 1, [
    ['148811201', 'Discovery', '0.2'],
    ['148811202', 'Legal Review', '0.8'],
    ['148811203', 'Signed', '1.0'],
    ['148811204', 'No Decision', '0.0'],
  ])
}

function pipelineOf(
  id: string,
  label: string,
  displayOrder: number,
  stages: readonly (readonly [id: string, label: string, probability: string])[],
): Pipeline {
  return {
    id,
    label,
    displayOrder,
    stages: stages.map(([stageId, stageLabel, probability], index) => ({
      id: stageId,
      label: stageLabel,
      displayOrder: index,
      isClosed: probability === '1.0' || probability === '0.0',
      probability,
    })),
  }
}
