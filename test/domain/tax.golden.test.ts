import { testGolden } from '../support/golden.ts'
import { taxHandlers } from './golden/tax.ts'

testGolden('tax', taxHandlers)
