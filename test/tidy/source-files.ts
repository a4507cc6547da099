import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file of the project: its path from the root with forward slashes, and its text. */
export type SourceFile = { readonly path: string; readonly text: string }

/** Reads every file below the folders whose name ends in one of the endings. */
export function filesBelow(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
      .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
      .filter((path) => !/node_modules|\/dist\//.test(path))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  )
}

/** Paths of the project's own files that a file imports, resolved from the root. */
export function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map(([, target = '']) =>
    join(path, '..', target).replaceAll('\\', '/'),
  )
}

/** Names of the packages a file imports, without the path inside them. */
export function packagesOf({ text }: SourceFile): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^.'\s][^'\s]*)'/g)].map(([, name = '']) =>
    name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? ''),
  )
}

/** The text of a file without comments and string contents, so that words in prose are not taken for calls. */
export function codeOf({ text }: SourceFile): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
}
