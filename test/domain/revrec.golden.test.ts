import { testGolden } from '../support/golden.ts'
import { revrecOfContra } from './golden/revrec-contra.ts'
import { revrecOfInvoices } from './golden/revrec-invoices.ts'
import { revrecOfPrices } from './golden/revrec-price.ts'
import { revrecOfSchedules } from './golden/revrec-schedules.ts'
import { revrecOfUsage } from './golden/revrec-usage.ts'

testGolden('revrec', {
  ...revrecOfInvoices,
  ...revrecOfUsage,
  ...revrecOfContra,
  ...revrecOfSchedules,
  ...revrecOfPrices,
})
