import { widenId } from '../record-id.ts'
import type { ValidationRule } from './organization.ts'
import type { Access } from './permissions.ts'
import type { Value } from './record-store.ts'
import { deleteRecord, mergeAccounts, type Saver, undeleteRecord, updateRecord } from './saving.ts'
import { type Truth, trueDeals } from './truth.ts'
import type { TwinParts } from './twin-parts.ts'

/** What an administrator or a salesperson can do in the twin, and what it knows. */
export type Administration = {
  readonly organizationId: () => string
  /** Wins a deal: stage `Closed Won` unless the fields say otherwise. */
  closeDeal(id: string, fields?: Readonly<Record<string, Value>>): void
  /** Changes a record as the sales user; `stampedAt` commits it later than it was stamped. */
  update(id: string, fields: Readonly<Record<string, Value>>, stampedAt?: Date): void
  delete(id: string): void
  undelete(id: string): void
  mergeAccounts(masterId: string, loserId: string): void
  setFieldSecurity(objectType: string, field: string, access: Access): void
  setObjectSecurity(objectType: string, access: Access): void
  addValidationRule(rule: ValidationRule): void
  /** The next `times` writes to a record find it locked. */
  lockRow(id: string, times: number): void
  /** Requests allowed in 24 hours. */
  setRequestLimit(allowed: number): void
  expireTokens(): void
  expireCursors(): void
  /** Gives the organisation a new id; records keep theirs. */
  refreshSandbox(organizationId: string): void
  /** Sends the next `times` outbound requests twice. */
  deliverTwice(times: number): void
  shuffleMessages(): void
  truth(): Truth
}

/** Acts as the sales user, whom no permission binds. */
export function salesSaver(parts: TwinParts, stampedAt?: Date): Saver {
  const author = { userId: parts.organization.salesUserId, ...(stampedAt ? { stampedAt } : {}) }
  return { author, isApi: false }
}

/** Opens the administrator's side of the twin. */
export function administration(parts: TwinParts): Administration {
  const { organization, signIn, meter, cursors, messages } = parts
  const sales = () => salesSaver(parts)
  return {
    organizationId: () => organization.id,
    closeDeal: (id, fields) =>
      void updateRecord(organization, id, { StageName: 'Closed Won', ...fields }, sales()),
    update: (id, fields, stampedAt) =>
      void updateRecord(organization, id, fields, salesSaver(parts, stampedAt)),
    delete: (id) => deleteRecord(organization, id, sales()),
    undelete: (id) => void undeleteRecord(organization, id, sales()),
    mergeAccounts: (masterId, loserId) => mergeAccounts(organization, masterId, loserId, sales()),
    setFieldSecurity: (type, field, access) => organization.permissions.setField(type, field, access),
    setObjectSecurity: (type, access) => organization.permissions.setObject(type, access),
    addValidationRule: (rule) => void organization.validationRules.push(rule),
    lockRow: (id, times) => void organization.locks.set(widenId(id), times),
    setRequestLimit: meter.setAllowed,
    expireTokens: signIn.expireTokens,
    expireCursors: cursors.expireAll,
    refreshSandbox(organizationId) {
      organization.id = widenId(organizationId)
      signIn.expireTokens()
      cursors.expireAll()
    },
    deliverTwice: (times) => messages?.deliverTwice(times),
    shuffleMessages: () => messages?.shuffle(),
    truth: () => truthOf(parts),
  }
}

function truthOf({ organization, writes, meter, signIn, messages }: TwinParts): Truth {
  return {
    organizationId: organization.id,
    deals: trueDeals(organization),
    writes: [...writes],
    apiRequests: meter.total(),
    tokensIssued: signIn.issued(),
    messages: messages?.counts() ?? null,
  }
}
