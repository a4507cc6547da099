import { describe, expect, test } from 'vitest'
import type { CreditNoteIssued } from '../../src/domain/fact.ts'
import { money } from '../../src/domain/money.ts'
import { billingOver, created, delivery, invoice, line, list } from './stripe-samples.ts'
import { good } from './stripe-world.ts'

describe('credit notes', () => {
  const note = {
    id: 'cn_1',
    object: 'credit_note',
    created,
    currency: 'usd',
    invoice: 'in_1',
    total: 3_000,
    total_taxes: [],
    pre_payment_amount: 500,
    post_payment_amount: 2_500,
    out_of_band_amount: 300,
    refunds: [{ amount_refunded: 1_200, refund: 're_1', type: 'refund', payment_record_refund: null }],
    voided_at: null,
  }
  const credited = {
    id: 'cnli_1',
    object: 'credit_note_line_item',
    amount: 3_000,
    discount_amount: 0,
    invoice_line_item: 'il_1',
    description: 'GTX Pro',
    quantity: 1,
    taxes: [],
    type: 'invoice_line_item',
  }

  async function noteFact(object: object): Promise<CreditNoteIssued> {
    const other = line({
      id: 'il_2',
      amount: 20_000,
      pricing: null,
      metadata: { tieout_line_id: 'other', tieout_contract_id: 'ctr_1' },
    })
    const { billing } = billingOver({ '/v1/invoices/in_1': invoice({ total: 30_000 }, line(), other) })
    const [fact] = good(await billing.readFacts(delivery('credit_note.created', object)))
    if (fact?.kind !== 'credit-note-issued') throw new Error('No credit note')
    return fact
  }

  test('30.00: 5.00 off the invoice, 12.00 refunded, 3.00 elsewhere, the rest of 10.00 to the customer', async () => {
    const fact = await noteFact({ ...note, lines: list(credited) })
    expect(fact.settlement).toEqual({
      againstInvoice: money('USD', 500n),
      refunded: money('USD', 1_200n),
      offStripe: money('USD', 300n),
      customerBalance: money('USD', 1_000n),
    })
    expect(fact.lines).toMatchObject([
      {
        lineId: 'gtx-pro',
        contractId: 'ctr_1',
        net: money('USD', 3_000n),
        service: { startsOn: '2027-01-01', endsBefore: '2027-02-01' },
      },
    ])
  })

  test('over an amount alone takes 10.00 of the line of 100.00 and 20.00 of the line of 200.00', async () => {
    const fact = await noteFact({ ...note, lines: list() })
    expect(fact.lines.map(({ lineId, net }) => [lineId, net.amountMinor])).toEqual([
      ['gtx-pro', 1_000n],
      ['other', 2_000n],
    ])
  })

  test('a voided one says so under its own key', async () => {
    const [fact] = good(
      await billingOver().billing.readFacts(delivery('credit_note.voided', { ...note, voided_at: created })),
    )
    expect(fact).toEqual({
      kind: 'credit-note-voided',
      factKey: 'stripe:credit-note:cn_1:voided',
      occurredAt: new Date('2027-02-01T01:00:00Z'),
      creditNoteId: 'cn_1',
    })
  })
})

describe('disputes', () => {
  test('an inquiry moves no money and makes no fact', async () => {
    const dispute = {
      id: 'du_1',
      object: 'dispute',
      amount: 1,
      currency: 'usd',
      created,
      payment_intent: null,
      status: 'warning_needs_response',
    }
    expect(good(await billingOver().billing.readFacts(delivery('charge.dispute.created', dispute)))).toEqual(
      [],
    )
  })
})
