import { LineCounter, type Node, type ParsedNode, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { LookupEntry, MappingFault, Scalar } from './language.ts'

/** A value of the file with the line it stands on. */
export type YamlNode = ParsedNode | null

/** A key of a YAML map with its value, and the line of the key. */
export type YamlEntry = { readonly key: string; readonly node: YamlNode; readonly row: number }

const longestFileCharacters = 4_000_000

/**
 * Reads YAML and keeps the place of everything, so that each fault names its line. Faults are collected, not thrown. Anchors and
 * aliases are refused: a mapping says what it means where it means it.
 */
export class YamlReader {
  readonly faults: MappingFault[] = []
  readonly #file: string
  readonly #lines = new LineCounter()

  constructor(file: string) {
    this.#file = file
  }

  /** Reads the file; null when it is not YAML with a map at its root. */
  open(text: string): YamlNode {
    if (text.length > longestFileCharacters) return this.#refuse('', 'the file is longer than 4 MB')
    // The library compares every key with every other; we look for twins ourselves, where a map is read.
    const document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false, version: '1.2' })
    for (const error of [...document.errors, ...document.warnings])
      this.faultAt(this.#lines.linePos(error.pos[0]).line, '', error.message.split('\n')[0] ?? '')
    if (document.errors.length > 0) return null
    if (!isMap(document.contents))
      return this.#refuse('', 'the file must be a map with format, name, source …')
    return document.contents as YamlNode
  }

  /** Notes a fault at a line. */
  faultAt(row: number, path: string, reason: string): void {
    this.faults.push({ file: this.#file, row, path, reason })
  }

  /** Notes a fault at a node; answers null, so that a reader can return it. */
  fault(node: YamlNode, path: string, reason: string): null {
    this.faultAt(this.rowOf(node), path, reason)
    return null
  }

  /** The line of a node, counted from one. */
  rowOf(node: Node | null): number {
    const start = node?.range?.[0]
    return start === undefined ? 1 : this.#lines.linePos(start).line
  }

  /** The entries of a map in order, twins included; a fault and none when the node is no map. */
  entries(node: YamlNode, path: string): YamlEntry[] {
    if (!isMap(node)) {
      this.fault(node, path, 'a map is expected here')
      return []
    }
    return node.items.map(({ key, value }) => ({
      key: isScalar(key) ? keyText(key) : String(key),
      node: value as YamlNode,
      row: this.rowOf(key as Node),
    }))
  }

  /** The entries of a map by key; a fault for every key that is not known. */
  known(node: YamlNode, path: string, keys: readonly string[]): Map<string, YamlEntry> {
    const found = new Map<string, YamlEntry>()
    for (const entry of this.entries(node, path)) {
      if (found.has(entry.key)) this.faultAt(entry.row, joined(path, entry.key), 'this key is written twice')
      else if (keys.includes(entry.key)) found.set(entry.key, entry)
      else this.faultAt(entry.row, joined(path, entry.key), `unknown key; known are ${keys.join(', ')}`)
    }
    return found
  }

  /** The items of a list; a fault and none when the node is no list. */
  items(node: YamlNode, path: string): YamlNode[] {
    if (isSeq(node)) return node.items as YamlNode[]
    this.fault(node, path, 'a list is expected here')
    return []
  }

  /** A text; numbers and truth values are refused where a text is meant. */
  text(node: YamlNode, path: string): string | null {
    const value = isScalar(node) ? node.value : undefined
    return typeof value === 'string' && value !== ''
      ? value
      : this.fault(node, path, 'a text is expected here')
  }

  /** One of a few words; `otherwise` where nothing is written. */
  word<const T extends string>(
    node: YamlNode | undefined,
    path: string,
    words: readonly T[],
    otherwise: T,
  ): T {
    if (node === undefined) return otherwise
    const value = isScalar(node) ? node.value : undefined
    const word = words.find((known) => known === value)
    if (word === undefined) this.fault(node, path, `one of ${words.join(', ')} is expected here`)
    return word ?? otherwise
  }

  /** A plain value: text, number, truth value or null. */
  scalar(node: YamlNode, path: string): Scalar | undefined {
    if (node === null) return null
    if (isAlias(node)) return this.fault(node, path, 'aliases are not allowed') ?? undefined
    if (!isScalar(node)) return this.fault(node, path, 'one plain value is expected here') ?? undefined
    return this.#plain(node, path)
  }

  /** A plain value, or a map of plain values. */
  entry(node: YamlNode, path: string): LookupEntry | undefined {
    if (!isMap(node)) return this.scalar(node, path)
    const fields: Record<string, Scalar> = {}
    for (const { key, node: value, row } of this.entries(node, path)) {
      const scalar = this.scalar(value, joined(path, key))
      if (Object.hasOwn(fields, key)) this.faultAt(row, joined(path, key), 'this key is written twice')
      else if (scalar !== undefined) Object.defineProperty(fields, key, { value: scalar, enumerable: true })
    }
    return fields
  }

  #plain(node: YamlNode & { value: unknown }, path: string): Scalar | undefined {
    const { value } = node
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
    const digits = (isScalar(node) ? (node.source ?? '') : '').replace(/\D/g, '').replace(/^0+/, '')
    if (typeof value !== 'number') return this.fault(node, path, 'this value is not plain') ?? undefined
    if (digits.length <= 15 && Number.isFinite(value)) return value
    return this.fault(node, path, 'put numbers of more than 15 digits in quotes') ?? undefined
  }

  #refuse(path: string, reason: string): null {
    this.faultAt(1, path, reason)
    return null
  }
}

/** Puts a name behind a path: `lookups` and `products` are `lookups.products`. */
export function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** A key as it is written: `30`, `No` and `1.10` stay what they look like. */
function keyText(key: { value: unknown; source?: string }): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}
