import { testGolden } from '../support/golden.ts'
import { entriesHandlers } from './golden/entries.ts'

testGolden('entries', entriesHandlers)
