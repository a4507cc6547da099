import { testGolden } from '../support/golden.ts'
import { metricsHandlers } from './golden/metrics.ts'

testGolden('metrics', metricsHandlers)
