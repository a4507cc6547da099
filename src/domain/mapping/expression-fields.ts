import type { ASTNode } from '@marcbachmann/cel-js'
import { type Result, ok, refused } from '../result.ts'
import { type SourcePath, type SourceScope, headFields, pathText, sourceScopes } from './language.ts'

/** The fields an expression names, and those it asks for with `has(…)`. */
export type FoundFields = { fields: SourcePath[]; mayBeAbsent: Set<string> }

type Walk = {
  readonly found: Map<string, SourcePath>
  readonly mayBeAbsent: Set<string>
  readonly reasons: string[]
}

/** Names bound by `lines.exists(l, …)` and the like: what they stand for, and how many lists deep we are. */
type Bound = { readonly scopeByName: ReadonlyMap<string, SourceScope | null>; readonly depth: number }

const deepestLists = 2

const listMacros = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/**
 * Finds every field an expression reads, so that the connectors read exactly these and a missing one is noticed. Refuses patterns and
 * fields whose name is worked out.
 */
export function findFields(ast: ASTNode): Result<FoundFields, string> {
  const walk: Walk = { found: new Map(), mayBeAbsent: new Set(), reasons: [] }
  visit(ast, walk, { scopeByName: new Map(sourceScopes.map((scope) => [scope, scope])), depth: 0 })
  const [reason] = walk.reasons
  if (reason !== undefined) return refused(reason)
  return ok({ fields: [...walk.found.values()], mayBeAbsent: walk.mayBeAbsent })
}

function visit(node: ASTNode, walk: Walk, bound: Bound): void {
  const path = fieldOf(node, bound)
  if (path !== null) return remember(path, walk)
  switch (node.op) {
    case 'value':
      return
    case 'id':
      return visitName(node.args, walk, bound)
    case 'call':
      return visitCall(node.args[0], node.args[1], walk, bound)
    case 'rcall':
      return visitMethod(node.args, walk, bound)
    default:
      return visitAll(node.args, walk, bound)
  }
}

/** A record alone, without a field, would hide which fields are read; `lines` may stand alone. */
function visitName(name: string, walk: Walk, bound: Bound): void {
  if (bound.scopeByName.get(name) != null) walk.reasons.push(`name a field of ${name}: ${name}.…`)
}

function visitCall(name: string, callArguments: readonly ASTNode[], walk: Walk, bound: Bound): void {
  const [first] = callArguments
  const asked = name === 'has' && first !== undefined ? fieldOf(first, bound) : null
  if (asked === null) return visitAll(callArguments, walk, bound)
  remember(asked, walk)
  walk.mayBeAbsent.add(pathText(asked))
}

function visitMethod(call: readonly [string, ASTNode, readonly ASTNode[]], walk: Walk, bound: Bound): void {
  const [name, receiver, callArguments] = call
  if (name === 'matches') {
    walk.reasons.push('patterns are not allowed: use startsWith, endsWith or contains')
    return
  }
  if (!isFieldlessReceiver(receiver)) visit(receiver, walk, bound)
  const [binding, ...rest] = callArguments
  if (name === 'bind' && binding?.op === 'id') return visitBind(binding.args, rest, walk, bound)
  if (!listMacros.has(name) || binding?.op !== 'id') return visitAll(callArguments, walk, bound)
  if (bound.depth >= deepestLists)
    walk.reasons.push('lists may be worked through inside one another only once')
  visitAll(rest, walk, bind(bound, binding.args, comesFromLines(receiver) ? 'line' : null, 1))
}

/** A name for a value, once: names built on names could double a text with each. */
function visitBind(name: string, rest: readonly ASTNode[], walk: Walk, bound: Bound): void {
  if ([...bound.scopeByName.values()].includes(null)) walk.reasons.push('only one name may be bound')
  visitAll(rest, walk, bind(bound, name, null, 0))
}

function bind(bound: Bound, name: string, scope: SourceScope | null, deeper: number): Bound {
  return {
    scopeByName: new Map([...bound.scopeByName, [name, scope]]),
    depth: bound.depth + deeper,
  }
}

function isFieldlessReceiver(node: ASTNode): boolean {
  return node.op === 'id' && (node.args === 'lines' || node.args === 'cel')
}

function comesFromLines(node: ASTNode): boolean {
  if (node.op === 'id') return node.args === 'lines'
  return node.op === 'rcall' && node.args[0] === 'filter' && comesFromLines(node.args[1])
}

/** The whole path of `deal.Product2.Name` or `deal["PO number"]`, or null when the node is no field. */
function fieldOf(node: ASTNode, bound: Bound): SourcePath | null {
  const [root, names] = namesOf(node)
  if (names.length === 0) return null
  if (root?.op === 'id') {
    const scope = bound.scopeByName.get(root.args)
    return scope == null ? null : { scope, field: names.join('.') }
  }
  const isLineByPosition = root?.op === '[]' && comesFromLines(root.args[0])
  return isLineByPosition ? { scope: 'line', field: names.join('.') } : null
}

function namesOf(node: ASTNode): [ASTNode | null, string[]] {
  if (node.op === '.') {
    const [root, names] = namesOf(node.args[0])
    return [root, [...names, node.args[1]]]
  }
  if (node.op === '[]' && node.args[1].op === 'value' && typeof node.args[1].args === 'string') {
    const [root, names] = namesOf(node.args[0])
    return [root, [...names, node.args[1].args]]
  }
  return [node, []]
}

function remember(path: SourcePath, walk: Walk): void {
  if (/(^|\.)(__proto__|constructor|prototype)(\.|$)/.test(path.field))
    walk.reasons.push(`'${path.field}' is not a field`)
  if (path.scope === 'head' && !headFields.some((field) => field === path.field))
    walk.reasons.push(`the head of a deal has no field '${path.field}', only ${headFields.join(', ')}`)
  walk.found.set(pathText(path), path)
}

function visitAll(parts: unknown, walk: Walk, bound: Bound): void {
  if (Array.isArray(parts)) {
    for (const part of parts) visitAll(part, walk, bound)
    return
  }
  if (typeof parts === 'object' && parts !== null && 'op' in parts) visit(parts as ASTNode, walk, bound)
}
