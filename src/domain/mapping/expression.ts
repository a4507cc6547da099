import { type ASTNode, EvaluationError, ParseError } from '@marcbachmann/cel-js'
import { type Result, ok, refused } from '../result.ts'
import { DecimalValue, decimalText, numberText } from './decimal-value.ts'
import { environment } from './expression-environment.ts'
import { findFields } from './expression-fields.ts'
import type { LookupEntry, SourcePath } from './language.ts'

/** A CEL expression, read once: the fields it names and how to work it out. */
export type Expression = {
  readonly text: string
  readonly resultType: string
  readonly fields: readonly SourcePath[]
  /** Whether it may look through all lines of the deal. */
  readonly usesLines: boolean
  /** The fields it only asks for the presence of, with `has(…)`. */
  readonly mayBeAbsent: ReadonlySet<string>
  readonly evaluate: (context: Record<string, unknown>) => unknown
}

const longestExpressionCharacters = 2_000

/**
 * Reads an expression within limits of length, nodes and depth. Patterns are refused (they can backtrack without end), and so are
 * lists worked through inside lists worked through inside lists, and fields that are not named outright.
 */
export function compileExpression(text: string, scope: 'deal' | 'line'): Result<Expression, string> {
  if (text.length > longestExpressionCharacters)
    return refused(`the expression has ${text.length} characters; ${longestExpressionCharacters} are allowed`)
  try {
    const parsed = environment(scope).parse(text)
    const checked = parsed.check()
    if (!checked.valid) return refused(reasonOf(checked.error))
    const found = findFields(parsed.ast as ASTNode)
    if (!found.ok) return found
    return ok({
      text,
      resultType: checked.type ?? 'dyn',
      usesLines: /\blines\b/.test(text),
      ...found.value,
      evaluate: parsed,
    })
  } catch (error) {
    if (error instanceof ParseError || error instanceof EvaluationError) return refused(reasonOf(error))
    throw error
  }
}

/** Works an expression out; a refusal says why in words: division by zero, no such key, types that do not go together. */
export function evaluateExpression(
  expression: Expression,
  context: Record<string, unknown>,
): Result<LookupEntry, string> {
  try {
    return plainValue(expression.evaluate(context))
  } catch (error) {
    if (error instanceof EvaluationError) return refused(reasonOf(error))
    if (error instanceof RangeError) return refused(error.message)
    throw error
  }
}

/** What an expression may result in, as a mapping knows values. Lists, maps and inexact numbers are refused. */
function plainValue(value: unknown): Result<LookupEntry, string> {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return ok(value)
  if (typeof value === 'bigint') return ok(value.toString())
  if (value instanceof DecimalValue) return ok(decimalText(value.big))
  if (typeof value === 'number') {
    const text = numberText(value)
    if (text.replace(/\D/g, '').replace(/^0+/, '').length <= 15) return ok(text)
    return refused(`${text} is not exact: use decimal("…") for fractions`)
  }
  return refused('it results in a list or a map, not in one value')
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? summaryOf(error) : 'unknown reason'
  const isMixture = /overload/.test(reason) && /double|Decimal/.test(reason)
  return isMixture ? `${reason} (write decimal(…) around the numbers)` : reason
}

function summaryOf(error: Error): string {
  if (error instanceof ParseError || error instanceof EvaluationError) return error.summary
  return error.message.split('\n')[0] ?? ''
}
