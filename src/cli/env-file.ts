import type { Variables } from './hub-variables.ts'

/** Writes variables as a file of settings, each in double quotes, because keys span lines. */
export function envFileText(variables: Variables): string {
  return Object.entries(variables)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('')
}
