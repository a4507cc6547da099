/** Every table of the hub as Drizzle sees it. The truth is in `migrations/`; a test compares the two. */
export * from './schema/access.ts'
export * from './schema/books.ts'
export * from './schema/deals.ts'
export * from './schema/inbox.ts'
export * from './schema/operations.ts'
export * from './schema/tax-ids.ts'
export * from './schema/usage.ts'
export * from './schema/usage-sources.ts'
