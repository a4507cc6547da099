import { z } from '@hono/zod-openapi'
import { issueCodes } from '../../domain/issue.ts'
import { money } from '../../domain/money.ts'
import type { Exception } from '../../store/exceptions.ts'
import { Instant, instantOut, moneyOut, MoneyShape } from '../shapes.ts'

export const IssueCodeShape = z.enum(issueCodes).openapi('IssueCode')

export const ExceptionShape = z
  .object({
    object: z.literal('exception'),
    id: z.string().openapi({ example: 'exc_0198…' }),
    code: IssueCodeShape,
    state: z.enum(['open', 'resolved', 'ignored']),
    sentence: z.string().openapi({ description: 'What stops, and why.' }),
    action: z.string().openapi({ description: 'What a person does about it.' }),
    owner: z.enum(['sales', 'revops', 'finance', 'engineer']),
    cause: z.string().openapi({ description: 'What equal exceptions share: fix it once, replay them all.' }),
    field: z.string(),
    found: z.string().nullable(),
    amount: MoneyShape.nullable().openapi({ description: 'The money that waits.' }),
    queue: z.string(),
    subject: z.string(),
    deal_id: z.string().nullable(),
    created_at: Instant,
    resolved_at: Instant.nullable(),
    resolved_by: z.string().nullable(),
    resolution: z.string().nullable(),
  })
  .openapi('Exception')

/** Writes an exception for an answer. */
export function exceptionOut(held: Exception): z.input<typeof ExceptionShape> {
  const { amountMinor, currency } = held
  return {
    object: 'exception',
    id: held.exceptionId,
    code: held.code,
    state: held.state,
    sentence: held.sentence,
    action: held.action,
    owner: held.owner,
    cause: held.cause,
    field: held.field,
    found: held.found,
    amount: amountMinor === null || currency === null ? null : moneyOut(money(currency, amountMinor)),
    queue: held.queue,
    subject: held.subject,
    deal_id: held.caseId,
    created_at: instantOut(held.openedAt),
    resolved_at: instantOut(held.resolvedAt),
    resolved_by: held.resolvedBy,
    resolution: held.resolution,
  }
}
