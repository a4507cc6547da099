/** What a key may be allowed. Each address asks for one of them. */
export const scopes = {
  'usage:write': 'Send usage events.',
  'deals:read': 'Read deals and exceptions.',
  'exceptions:work': 'Retry and ignore deals, settle and replay exceptions.',
  'contracts:read': 'Read contracts and entitlements.',
  'entitlements:read': 'Ask what a customer may use, now.',
  'mappings:approve': 'Add rows to lookup tables, which publishes a mapping.',
  'ledger:read': 'Read the ledger, journals and traces.',
  'close:manage': 'Close months.',
  'reports:read': 'Read tie-outs, months and the status pages.',
} as const satisfies Record<string, string>

export type Scope = keyof typeof scopes

export const allScopes = Object.keys(scopes) as readonly Scope[]
