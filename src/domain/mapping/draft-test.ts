import type { Finding } from '../sentence.ts'
import { type Expression, evaluateExpression } from './expression.ts'
import { pathText } from './language.ts'
import { type Origin, contextOf, obstacleOf } from './source.ts'

/** Answers a yes-or-no expression for a deal, or says why it cannot be answered. */
export function testExpression(
  expression: Expression,
  origin: Origin,
  name: string,
): { answer: boolean } | { finding: Finding } {
  const obstacle = obstacleOf(expression, origin)
  if (obstacle !== null)
    return {
      finding: {
        code: obstacle.reading.kind === 'unreadable' ? 'CRM_FIELD_UNREADABLE' : 'MAPPING_PATH',
        field: pathText(obstacle.path),
        found: null,
      },
    }
  const result = evaluateExpression(expression, contextOf(expression, origin))
  if (result.ok && typeof result.value === 'boolean') return { answer: result.value }
  const reason = result.ok ? 'it does not result in true or false' : result.error
  return { finding: { code: 'MAPPING_EXPRESSION', field: name, found: expression.text, details: { reason } } }
}
