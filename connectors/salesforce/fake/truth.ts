import type { Organization } from './organization.ts'
import type { MessageCounts } from './outbound-messages.ts'
import type { Value } from './record-store.ts'

/** What the organisation really holds, for checks the hub cannot influence. */
export type Truth = {
  readonly organizationId: string
  readonly deals: readonly TrueDeal[]
  /** Changes our integration user made, oldest first. */
  readonly writes: readonly ApiWrite[]
  readonly apiRequests: number
  readonly tokensIssued: number
  readonly messages: MessageCounts | null
}

export type TrueDeal = {
  readonly id: string
  readonly name: string
  readonly stage: string
  readonly isWon: boolean
  readonly isDeleted: boolean
  readonly amount: number | null
  readonly closeDate: string | null
  readonly status: string | null
  readonly message: string | null
  readonly link: string | null
}

export type ApiWrite = {
  readonly at: string
  readonly objectType: string
  readonly id: string
  /** Fields that changed, beside the stamps. */
  readonly changed: Readonly<Record<string, Value>>
}

/** Lists every deal, those in the recycle bin too. */
export function trueDeals({ store }: Organization): TrueDeal[] {
  return [...store.all('Opportunity')].map((deal) => ({
    id: deal.Id,
    name: String(deal['Name']),
    stage: String(deal['StageName']),
    isWon: deal['IsWon'] === true,
    isDeleted: deal['IsDeleted'] === true,
    amount: typeof deal['Amount'] === 'number' ? deal['Amount'] : null,
    closeDate: textOrNull(deal['CloseDate']),
    status: textOrNull(deal['Tieout_Status__c']),
    message: textOrNull(deal['Tieout_Message__c']),
    link: textOrNull(deal['Tieout_Link__c']),
  }))
}

function textOrNull(value: Value | undefined): string | null {
  return typeof value === 'string' ? value : null
}
