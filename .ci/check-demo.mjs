// Compares the JSON of `npm run demo -- --once --json` with the figures of its story, and what the demo prints for people with what the README
// says it prints. Prints each one; exits 1 when one is wrong.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const printed = readFileSync(process.argv[3], 'utf8').trim()
const [, promised] = /<!-- demo output -->\n```\n([^]*?)\n```/.exec(readFileSync('README.md', 'utf8')) ?? []
const figures = [
  ['what the README says the demo prints', printed === promised ? 'printed' : `printed\n${printed}`, 'printed'],
  ["Acme Bank's overage: 3,000,000 tokens at 0.004 for 1,000 less 20 %", report.acme?.overage, '9.60'],
  ["Acme Bank's first invoice", report.acme?.firstInvoice?.total, '50009.60'],
  ['its purchase order', report.acme?.firstInvoice?.poNumber, 'PO-7741'],
  ['days until it is due', report.acme?.firstInvoice?.daysUntilDue, 60],
  ['won deals', report.deals?.won, 5],
  ['active deals', report.deals?.active, 5],
  ['deals that wait', report.deals?.exceptions, 0],
  ['contract value: 600,000 + 12,000 + 24,000 + 24,000', report.contractValue, '660000.00'],
  ['recognized by the end of March: 150,009.60 + 2,958.90 + 6,000 + 6,000', report.recognized, '164968.50'],
  ['contract liability: 9,041.10 + 2,000 + 6,000', report.contractLiability, '17041.10'],
  ['journals equal the ledger', report.erpTotalsMatch, true],
  ['differences', JSON.stringify(report.differences), '[]'],
]

for (const [name, found, expected] of figures) {
  const isRight = found === expected
  console.log(`${isRight ? 'right' : 'WRONG'}  ${name}: ${found}${isRight ? '' : `, not ${expected}`}`)
  if (!isRight) process.exitCode = 1
}
for (const { tieOut, item, left, right, cause } of (report.differences ?? []).slice(0, 20)) {
  console.log(`       ${tieOut}, ${item}: ${left ?? 'nothing'} and ${right ?? 'nothing'} (${cause})`)
}
console.log(`differences ${Array.isArray(report.differences) ? report.differences.length : 'missing'}`)
