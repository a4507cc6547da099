import { expect, test } from 'vitest'
import { flow } from '../../src/flow.ts'
import { allJobs } from '../../src/jobs/all-jobs.ts'
import { queues } from '../../src/ports/doorbell.ts'

test('the flow has eight stages, from the deal to the tie-out, and each has a job', () => {
  expect(flow.map(({ stage }) => stage)).toEqual([
    'deal',
    'contract',
    'billing',
    'usage',
    'ledger',
    'revenue',
    'erp',
    'tie-out',
  ])
  const jobs: readonly string[] = allJobs.map(({ queue }) => queue)
  expect(flow.map(({ job }) => job).filter((job) => !jobs.includes(job))).toEqual([])
})

test('stages work in the order of the flow, and every queue is worked by exactly one job', () => {
  const places = flow.map(({ job }) => allJobs.findIndex(({ queue }) => queue === job))
  expect(places).toEqual(places.toSorted((left, right) => left - right))
  expect(allJobs.map(({ queue }) => queue).toSorted()).toEqual(queues.toSorted())
})
