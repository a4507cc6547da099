import { Environment } from '@marcbachmann/cel-js'
import { Big } from 'big.js'
import { addDays, addMonths, isCalendarDate } from '../calendar.ts'
import { roundToInteger } from '../money.ts'
import { DecimalValue, decimalText, numberText, plainDecimal } from './decimal-value.ts'

const limits = {
  maxAstNodes: 200,
  maxDepth: 20,
  maxListElements: 100,
  maxMapEntries: 100,
  maxCallArguments: 8,
}

/** What expressions may use: the records of the deal, exact decimals, days, and CEL's own text and list functions. */
export function environment(scope: 'deal' | 'line'): Environment {
  const made = environments.get(scope) ?? makeEnvironment(scope)
  environments.set(scope, made)
  return made
}

const environments = new Map<'deal' | 'line', Environment>()

function makeEnvironment(scope: 'deal' | 'line'): Environment {
  const made = new Environment({ limits, homogeneousAggregateLiterals: false })
  made.registerType('Decimal', { ctor: DecimalValue, fields: {} })
  const records = ['head', 'deal', 'account', 'contact', ...(scope === 'line' ? ['line'] : [])]
  for (const record of records) made.registerVariable(record, 'map')
  made.registerVariable('lines', 'list')
  addArithmetic(made)
  addComparison(made)
  addFunctions(made)
  return made
}

type Numeric = DecimalValue | bigint | number

const arithmetic = {
  '+': (left: Big, right: Big) => left.plus(right),
  '-': (left: Big, right: Big) => left.minus(right),
  '*': (left: Big, right: Big) => left.times(right),
  '/': divideExactly,
} as const

const comparison = {
  '<': (left: Big, right: Big) => left.lt(right),
  '<=': (left: Big, right: Big) => left.lte(right),
  '>': (left: Big, right: Big) => left.gt(right),
  '>=': (left: Big, right: Big) => left.gte(right),
  '==': (left: Big, right: Big) => left.eq(right),
} as const

const mixtures = [
  ['Decimal', 'Decimal'],
  ['Decimal', 'int'],
  ['int', 'Decimal'],
  ['Decimal', 'double'],
  ['double', 'Decimal'],
] as const

function addArithmetic(made: Environment): void {
  for (const [sign, work] of Object.entries(arithmetic))
    for (const [left, right] of mixtures)
      made.registerOperator(
        `${left} ${sign} ${right}`,
        (first: Numeric, second: Numeric) => new DecimalValue(work(bigOf(first), bigOf(second))),
      )
}

function addComparison(made: Environment): void {
  for (const [sign, compare] of Object.entries(comparison))
    for (const [left, right] of mixtures) {
      // CEL answers equality with the sides swapped by itself, and refuses to have it registered twice.
      if (sign === '==' && left !== 'Decimal') continue
      made.registerOperator(`${left} ${sign} ${right}`, (first: Numeric, second: Numeric) =>
        compare(bigOf(first), bigOf(second)),
      )
    }
}

function addFunctions(made: Environment): void {
  made
    .registerFunction('decimal(dyn): Decimal', (value: unknown) => new DecimalValue(readDecimal(value)))
    .registerFunction('string(Decimal): string', (value: DecimalValue) => decimalText(value.big))
    .registerFunction('round(Decimal, int): Decimal', roundDecimal)
    .registerFunction('sum(list): Decimal', (values: unknown[]) =>
      values.reduce<DecimalValue>(
        (total, value) => new DecimalValue(total.big.plus(readDecimal(value))),
        new DecimalValue(new Big(0)),
      ),
    )
    .registerFunction(
      'first(list): dyn',
      (values: unknown[]) => values.find((value) => value !== null && value !== '') ?? null,
    )
    .registerFunction('addMonths(string, int): string', (day: string, months: bigint) =>
      addMonths(readDay(day), readShift(months)),
    )
    .registerFunction('addDays(string, int): string', (day: string, days: bigint) =>
      addDays(readDay(day), readShift(days)),
    )
}

/** Rounds half away from zero to a number of decimals. */
function roundDecimal(value: DecimalValue, decimals: bigint): DecimalValue {
  if (decimals < 0n || decimals > 18n) throw new RangeError('round takes 0 to 18 decimals')
  const power = new Big((10n ** decimals).toString())
  return new DecimalValue(new Big(roundToInteger(value.big.times(power)).toString()).div(power))
}

function divideExactly(left: Big, right: Big): Big {
  if (right.eq(0)) throw new RangeError('division by zero')
  return left.div(right)
}

function readDecimal(value: unknown): Big {
  const text = value instanceof DecimalValue ? null : scalarText(value)
  const decimal = text === null ? (value as DecimalValue).big : plainDecimal(text)
  if (decimal === null) throw new RangeError(`'${text}' is not a number in plain digits`)
  return decimal
}

function bigOf(value: Numeric): Big {
  return value instanceof DecimalValue ? value.big : readDecimal(value)
}

function scalarText(value: unknown): string {
  return typeof value === 'number' ? numberText(value) : String(value)
}

function readDay(text: string): string {
  if (!isCalendarDate(text)) throw new RangeError(`'${text}' is not a day such as 2027-01-31`)
  return text
}

function readShift(count: bigint): number {
  if (count < -40_000n || count > 40_000n) throw new RangeError(`${count} is too far`)
  return Number.parseInt(count.toString(), 10)
}
