import { Big } from 'big.js'
import { expect, test } from 'vitest'
import { runSql } from '../../connectors/netsuite/fake/sql-run.ts'
import type { SqlRows } from '../../connectors/netsuite/fake/sql-values.ts'

const tables: Readonly<Record<string, SqlRows>> = {
  fruit: {
    columns: ['id', 'name', 'price', 'picked'],
    rows: [
      { id: new Big(1), name: 'apple', price: new Big('0.1'), picked: { date: '2026-11-02' } },
      { id: new Big(2), name: 'pear', price: new Big('0.2'), picked: { date: '2026-10-31' } },
      { id: new Big(3), name: "o'range", price: null, picked: null },
    ],
  },
  basket: {
    columns: ['id', 'fruit', 'weight'],
    rows: [
      { id: new Big(10), fruit: new Big(1), weight: new Big(5) },
      { id: new Big(11), fruit: new Big(1), weight: new Big(7) },
      { id: new Big(12), fruit: new Big(2), weight: null },
    ],
  },
}

function rowsOf(statement: string, ...parameters: unknown[]) {
  return runSql(statement, { tableOf: (name) => tables[name], parameters })
}

test('0.1 + 0.2 is 0.3, as text and under a lower-case name', () => {
  expect(rowsOf('SELECT SUM(f.price) AS Total FROM fruit f')).toEqual([{ total: '0.3' }])
})

test('days come in the format of the user unless TO_CHAR asks otherwise', () => {
  expect(
    rowsOf(`SELECT picked, TO_CHAR(picked, 'YYYY-MM-DD') AS iso FROM fruit WHERE name = 'apple'`),
  ).toEqual([{ picked: '11/2/2026', iso: '2026-11-02' }])
})

test('a join, a group and an order: weights by fruit, heaviest first', () => {
  const statement = `SELECT f.name, SUM(b.weight) AS weight, COUNT(*) AS baskets FROM fruit f
    JOIN basket b ON b.fruit = f.id GROUP BY f.name ORDER BY SUM(b.weight) DESC, f.name`
  expect(rowsOf(statement)).toEqual([
    { name: 'apple', weight: '12', baskets: '2' },
    { name: 'pear', weight: null, baskets: '1' },
  ])
})

test.each([
  [`name LIKE '_ear'`, ['pear']],
  [`name LIKE 'a%' OR name = 'o''range'`, ['apple', "o'range"]],
  [`price IS NULL`, ["o'range"]],
  [`price IS NOT NULL AND NOT name = 'pear'`, ['apple']],
  [`NOT price > 0.15`, ['apple']],
  [`id IN (1, '2')`, ['apple', 'pear']],
  [`picked >= TO_DATE('2026-11-01', 'YYYY-MM-DD')`, ['apple']],
  [`NVL(price, 9) > 1 AND (id = 3 OR id = 1)`, ["o'range"]],
  [`UPPER(name) = 'PEAR'`, ['pear']],
])('WHERE %s keeps %j', (condition, names) => {
  expect(rowsOf(`SELECT name FROM fruit WHERE ${condition} ORDER BY id`).map(({ name }) => name)).toEqual(
    names,
  )
})

test('question marks take the values in their order', () => {
  expect(rowsOf('SELECT id FROM fruit WHERE name = ? AND id = ?', 'pear', '2')).toEqual([{ id: '2' }])
})

test('an aggregate over nothing is one row with an empty sum and a count of 0', () => {
  expect(rowsOf('SELECT SUM(price) AS total, COUNT(id) AS many FROM fruit WHERE id = 99')).toEqual([
    { total: null, many: '0' },
  ])
})

test.each([
  ['SELECT colour FROM fruit', 'Unknown column colour'],
  ['SELECT id FROM fruit f JOIN basket b ON b.fruit = f.id', 'Column id is ambiguous'],
  ['SELECT name FROM vegetable', "Record 'vegetable' was not found."],
  ['SELECT name, SUM(price) FROM fruit', 'Column name is not a GROUP BY expression'],
  ['SELECT name FROM fruit WHERE SUM(price) > 1', 'Function sum is not allowed here'],
  [`SELECT name FROM fruit WHERE picked = '2026-11-02'`, 'use TO_DATE'],
  [`SELECT name FROM fruit WHERE id = 'x'`, 'Invalid number'],
  ['SELECT name FROM fruit WHERE id = ?', 'no value for its question mark number 1'],
  ['SELECT name FROM fruit LEFT JOIN basket ON 1 = 1', 'Unexpected "left"'],
  ['SELECT name FROM fruit; DROP TABLE fruit', 'Unexpected sign'],
  ['SELECT name FROM', 'Unexpected end'],
  ['DELETE FROM fruit', 'Expected select before "delete"'],
])('%s is refused: %s', (statement, why) => {
  expect(() => rowsOf(statement)).toThrow(why)
})
