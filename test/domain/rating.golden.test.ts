import { testGolden } from '../support/golden.ts'
import { ratingByTime } from './golden/rating-proration.ts'
import { ratingBySettlement } from './golden/rating-settlement.ts'
import { ratingByTiers } from './golden/rating-tiers.ts'

testGolden('rating', { ...ratingByTiers, ...ratingByTime, ...ratingBySettlement })
