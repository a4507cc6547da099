import type { Scope } from './scopes.ts'

/** The name of the API key in the API's description. */
export const securityScheme = 'apiKey'

/** The part of an address's description that says which scope it asks for. */
export function secured(scope: Scope): { security: Record<string, string[]>[] } {
  return { security: [{ [securityScheme]: [scope] }] }
}
