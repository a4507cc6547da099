import type { Hono } from 'hono'
import { addContracts } from './api/contracts.ts'
import { addDeals } from './api/deals.ts'
import { addEntitlements } from './api/entitlements.ts'
import { addExceptions } from './api/exceptions.ts'
import { addJournals } from './api/journals.ts'
import { addLedger } from './api/ledger.ts'
import { addLookups } from './api/lookups.ts'
import { addMeters } from './api/meters.ts'
import { addMonths } from './api/months.ts'
import { addTieOut } from './api/tie-out.ts'
import { addThresholds } from './api/thresholds.ts'
import { addTrace } from './api/trace.ts'
import { addUsageCorrections } from './api/usage-corrections.ts'
import { addUpcomingUsage } from './api/upcoming-usage.ts'
import { addUsagePreview } from './api/usage-preview.ts'
import { addUsageEvents } from './api/usage-events.ts'
import { addOpenApi } from './docs/openapi.ts'
import { addProblemsPage } from './docs/problems-page.ts'
import { addReference } from './docs/swagger.ts'
import { createDoor, type DoorOptions } from './door.ts'
import { addHealth } from './health/health.ts'
import type { PageContext } from './pages/page-access.ts'
import { addPages } from './pages/pages.ts'

export type AppOptions = DoorOptions & PageContext

/** The whole of the hub's HTTP: the door, and what people and programs read and ask for. */
export function createApp(options: AppOptions): Hono {
  const app = createDoor(options)
  for (const add of addresses) add(app, options)
  addHealth(app, options)
  addPages(app, options)
  addReference(app)
  addProblemsPage(app, options.environment ?? 'test')
  addOpenApi(app)
  // What handlers keep on the context is nobody else's business.
  return app as unknown as Hono
}

const addresses = [
  addDeals,
  addContracts,
  addUpcomingUsage,
  addUsageEvents,
  addEntitlements,
  addThresholds,
  addUsageCorrections,
  addUsagePreview,
  addMeters,
  addExceptions,
  addLookups,
  addLedger,
  addTrace,
  addJournals,
  addTieOut,
  addMonths,
]
