import { isAdditive, type Aggregation } from './aggregation.ts'

/** Where an event holds what is aggregated: its `value`, or one of its properties. */
export type ValuePath = 'value' | `properties.${string}`

/** Which events count, by one property. A property that is missing is none of any values. */
export type MeterFilter =
  | { readonly property: string; readonly oneOf: readonly string[] }
  | { readonly property: string; readonly noneOf: readonly string[] }
  | { readonly property: string; readonly present: true }

/** What a meter counts: of which events, by which rule, and under which names people see it. */
export type MeterDefinition = {
  /** As contracts name it. */
  readonly meter: string
  readonly displayName: string
  /** In what it counts, such as `tokens`. */
  readonly unit: string
  /** The `type` of the events it counts (CloudEvents 1.0, "type"). */
  readonly eventType: string
  readonly aggregation: Aggregation
  /** Null where nothing but the number of events counts. */
  readonly valuePath: ValuePath | null
  /** Names of properties, in the order in which a group lists their values. */
  readonly groupBy: readonly string[]
  /** All of them must let an event through. */
  readonly filters: readonly MeterFilter[]
  /** How many groups one customer may have; further ones count together. */
  readonly groupsAtMost: number
}

/** A definition that holds from an instant on, a whole hour in UTC, until a later version of the meter does. */
export type MeterVersion = MeterDefinition & { readonly version: number; readonly effectiveFrom: Date }

/** Why a definition cannot become the next version of its meter. */
export type PublicationFault = {
  readonly code: 'not-on-the-hour' | 'already-counted' | 'counts-otherwise'
  readonly sentence: string
}

/** What is known when a definition is to be published. */
export type Publication = {
  readonly definition: MeterDefinition
  readonly effectiveFrom: Date
  /** The version that holds until then; null where none does. */
  readonly before: MeterVersion | null
  /** Whether events that the change is about, of `typesChanged`, were counted at or after `effectiveFrom`. */
  readonly isCounted: boolean
  /** Whether hours of the meter were added up before it had any definition. */
  readonly isAddedUp: boolean
}

/** The event types for which something changes when a definition is published. */
export function typesChanged(
  { meter, eventType }: MeterDefinition,
  versions: readonly MeterVersion[],
): string[] {
  return [...new Set([meter, eventType, ...versions.map((version) => version.eventType)])]
}

/**
 * The version of a meter that holds at an instant, null before the first hour of any. A version takes over from its first hour on also from
 * earlier ones that were yet to begin.
 */
export function versionAt<Version extends MeterVersion>(
  versions: readonly Version[],
  at: Date,
): Version | null {
  let holding: Version | null = null
  for (const version of versions)
    if (version.effectiveFrom <= at && version.version > (holding?.version ?? 0)) holding = version
  return holding
}

/**
 * Why a definition cannot be published, null when it can. What was counted stays as it is: so a version holds from an hour of which nothing
 * was counted yet, and a meter that looks at single readings keeps its aggregation and its groups, because half a period of each would be a
 * quantity of neither.
 */
export function publicationFault(publication: Publication): PublicationFault | null {
  const { definition, effectiveFrom, before, isCounted, isAddedUp } = publication
  const at = effectiveFrom.toISOString()
  if (!at.endsWith(':00:00.000Z'))
    return fault('not-on-the-hour', `A version holds from a whole hour in UTC on, and ${at} is none.`)
  if (isCounted)
    return fault('already-counted', `Events from ${at} on have been counted already. Choose a later hour.`)
  const otherwise = countsOtherwise(definition, before, isAddedUp)
  return otherwise === null ? null : fault('counts-otherwise', otherwise)
}

function countsOtherwise(
  { meter, aggregation, groupBy }: MeterDefinition,
  before: MeterVersion | null,
  isAddedUp: boolean,
): string | null {
  const earlier = before?.aggregation ?? (isAddedUp ? 'sum' : aggregation)
  if (earlier !== aggregation && !(isAdditive(earlier) && isAdditive(aggregation)))
    return `${meter} was counted as ${earlier} before, so it cannot become ${aggregation}. Give the new definition another name.`
  if (isAdditive(aggregation) || before === null || before.groupBy.join() === groupBy.join()) return null
  return `The groups of ${meter} cannot change, as each has a ${aggregation} of its own. Give the new definition another name.`
}

function fault(code: PublicationFault['code'], sentence: string): PublicationFault {
  return { code, sentence }
}
