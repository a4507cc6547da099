import { z } from '@hono/zod-openapi'
import { aggregations } from '../../domain/aggregation.ts'
import type { MeterFilter } from '../../domain/meter.ts'
import type { PublishedMeter } from '../../store/meters.ts'
import { Instant, instantOut } from '../shapes.ts'

const FilterShape = z.object({
  property: z.string(),
  one_of: z.array(z.string()).optional(),
  none_of: z.array(z.string()).optional(),
  present: z.literal(true).optional(),
})

export const MeterVersionShape = z
  .object({
    version: z.int(),
    display_name: z.string(),
    unit: z.string(),
    event_type: z.string().openapi({ description: 'The `type` of the events it counts.' }),
    aggregation: z.enum(aggregations),
    value: z
      .string()
      .nullable()
      .openapi({ description: 'Where an event holds it: `value` or `properties.<name>`; null for a count.' }),
    group_by: z.array(z.string()),
    filters: z.array(FilterShape),
    groups_at_most: z
      .int()
      .openapi({ description: 'How many groups one customer may have; further ones count as `other`.' }),
    effective_from: Instant.openapi({
      description: 'The hour from which it holds, until the next version does.',
    }),
    published_at: Instant,
    published_by: z.string(),
  })
  .openapi('MeterVersion')

/** Writes a version for an answer. */
export function meterVersionOut(version: PublishedMeter): z.input<typeof MeterVersionShape> {
  return {
    version: version.version,
    display_name: version.displayName,
    unit: version.unit,
    event_type: version.eventType,
    aggregation: version.aggregation,
    value: version.valuePath,
    group_by: [...version.groupBy],
    filters: version.filters.map(filterOut),
    groups_at_most: version.groupsAtMost,
    effective_from: instantOut(version.effectiveFrom),
    published_at: instantOut(version.publishedAt),
    published_by: version.publishedBy,
  }
}

function filterOut(filter: MeterFilter): z.input<typeof FilterShape> {
  const { property } = filter
  if ('oneOf' in filter) return { property, one_of: [...filter.oneOf] }
  return 'noneOf' in filter ? { property, none_of: [...filter.noneOf] } : { property, present: true }
}
