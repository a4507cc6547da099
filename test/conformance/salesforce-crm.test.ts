import { crmConformance } from './crm.ts'
import { salesforceCrmWorld } from './salesforce-world.ts'

crmConformance('Salesforce', salesforceCrmWorld)
