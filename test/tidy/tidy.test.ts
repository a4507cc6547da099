import { expect, test } from 'vitest'
import * as rules from './rules.ts'
import type { SourceFile } from './source-files.ts'
import { filesBelow } from './source-files.ts'

const source = filesBelow(['src', 'connectors'], ['.ts'])
const tests = filesBelow(['test'], ['.ts'])
const pages = filesBelow(['docs', 'connectors', 'src', 'test'], ['.md'])

test('arrows point one way', () => {
  expect(rules.arrows(source)).toEqual([])
})

test('vendors do not know each other', () => {
  expect(rules.separateVendors(source)).toEqual([])
})

test('a vendor package is imported only where it is owned', () => {
  expect(rules.ownPackages(source)).toEqual([])
})

test('time, chance, network and transactions come through the seams', () => {
  expect(rules.seams(source)).toEqual([])
})

test('the domain is pure and exact', () => {
  expect(rules.pureDomain(source)).toEqual([])
})

test('names say something, the tree is shallow, pages have one title, no machine shows', () => {
  expect(rules.names([...source, ...tests])).toEqual([])
  expect(rules.depth([...source, ...tests])).toEqual([])
  expect(rules.titles(pages)).toEqual([])
  expect(rules.noMachinePaths([...source, ...tests, ...pages])).toEqual([])
})

const file = (path: string, text: string): SourceFile => ({ path, text })

test.each([
  ['arrows', rules.arrows, file('src/domain/money.ts', "import { x } from '../store/ledger.ts'")],
  [
    'separateVendors',
    rules.separateVendors,
    file('connectors/stripe/a.ts', "import { x } from '../hubspot/b.ts'"),
  ],
  ['ownPackages', rules.ownPackages, file('src/jobs/a.ts', "import Stripe from 'stripe'")],
  ['seams', rules.seams, file('src/jobs/a.ts', 'const now = Date.now()')],
  ['pureDomain', rules.pureDomain, file('src/domain/a.ts', 'export async function f() {}')],
  ['names', rules.names, file('src/domain/utils.ts', '')],
  ['depth', rules.depth, file('src/a/b/c/d/e.ts', '')],
  ['titles', rules.titles, file('docs/a.md', '# One\n\n# Two\n')],
  ['noMachinePaths', rules.noMachinePaths, file('docs/a.md', 'see /work/shared')],
])('the rule %s finds what it is for', (_name, rule, offender) => {
  expect(rule([offender])).toHaveLength(1)
})
