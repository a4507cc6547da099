import type { MeterDefinition, MeterVersion } from '../../src/domain/meter.ts'
import type { UsageEvent } from '../../src/domain/usage.ts'

/** A meter that adds up the value of `llm.request` by no groups, unless changed. */
export function sampleMeter(changes: Partial<MeterDefinition> = {}): MeterDefinition {
  return {
    meter: 'llm-tokens',
    displayName: 'LLM tokens',
    unit: 'tokens',
    eventType: 'llm.request',
    aggregation: 'sum',
    valuePath: 'value',
    groupBy: [],
    filters: [],
    groupsAtMost: 1000,
    ...changes,
  }
}

/** Its first version, from 1 March 2026 on, unless changed. */
export function sampleVersion(changes: Partial<MeterVersion> = {}): MeterVersion {
  return { ...sampleMeter(), version: 1, effectiveFrom: new Date('2026-03-01T00:00:00Z'), ...changes }
}

/** An event of `llm.request` at a quarter past ten on 1 March 2026, unless changed. */
export function sampleEvent(changes: Partial<UsageEvent> = {}): UsageEvent {
  return {
    source: 'gateway',
    id: 'req-1',
    meter: 'llm.request',
    subject: 'acme',
    occurredAt: new Date('2026-03-01T10:15:00Z'),
    value: '500',
    properties: { region: 'eu', model: 'small', seconds: '1.50' },
    ...changes,
  }
}
