import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { goldenCases, goldenDirectory } from './golden-cases.ts'
import type { GoldenReport } from './golden-summary.ts'

export { goldenCases }

/**
 * Computes a case's figures from its inputs, in the shape of its `expected`. It never sees what is expected, so it can only
 * compute. A figure the example gives as a rule in words is answered by `inWords`, after the handler has
 * checked the rule on numbers of its own.
 */
export type GoldenHandler = (inputs: never) => Readonly<Record<string, unknown>>

/** Stands for a rule given as a sentence, which no function can answer. */
export const inWords: unknown = expect.any(String)

/**
 * Makes a test of every case a handler covers: computed and expected figures must be equal, all of them. Cases without a handler are pending;
 * the run's last lines count and list them. Without the examples on the machine, one skipped test says so.
 */
export function testGolden(area: string, handlers: Readonly<Record<string, GoldenHandler>>): void {
  const cases = goldenCases(area)
  const report: GoldenReport = { passed: [], failed: [], handled: Object.keys(handlers) }
  const covered = (cases ?? []).flatMap((golden) => {
    const handler = handlers[golden.id]
    return handler === undefined ? [] : [{ ...golden, handler }]
  })
  describe(`golden ${area}`, () => {
    test.skipIf(cases === null)(`cases are in ${goldenDirectory()}`, () => {
      expect(cases).not.toEqual([])
    })
    test.each(covered)('$id: $title', ({ id, inputs, expected, handler }) => {
      report.failed.push(id)
      expect(handler(inputs as never)).toEqual(expected)
      report.failed.pop()
      report.passed.push(id)
    })
    afterAll(() => writeFileSync(join(inject('goldenReports'), `${area}.json`), JSON.stringify(report)))
  })
}
