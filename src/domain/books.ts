import * as z from 'zod'
import type { Account, AccountKind } from './chart.ts'
import { accountKinds, accountName } from './chart.ts'
import { startOfDay } from './calendar.ts'
import type { JournalEntry } from './journal.ts'
import type { Result } from './result.ts'
import { ok, refused } from './result.ts'

/** What is wrong with a row of a settings file: `accounts[3].kind` and a sentence. */
export type Fault = { readonly file: string; readonly row: string; readonly reason: string }

/** A legal seller: its place in time and in the ERP. `subsidiary` is the ERP's id. */
export type BooksEntity = {
  readonly id: string
  readonly legalName: string
  readonly timeZone: string
  readonly functionalCurrency: string
  readonly subsidiary: string
}

/**
 * Which account of the ERP stands for a ledger account. A row without a segment serves every segment of its kind that has no row of
 * its own. `lineEntity` is the ERP's customer that goes on each line, where the ERP asks for one (receivables).
 */
export type BooksAccount = {
  readonly kind: AccountKind
  readonly segment: string | null
  readonly account: string
  readonly name: string
  readonly lineEntity: string | null
}

/** How journals are written; `approvalStatus` null leaves the decision to the ERP's own routing. */
export type JournalSettings = {
  readonly lineLimit: number
  readonly memo: string
  readonly approvalStatus: string | null
}

/** Ids of the ERP that go on every line, null where none does. */
export type DefaultSegments = {
  readonly class: string | null
  readonly department: string | null
  readonly location: string | null
}

/** The books' settings: how entities, accounts and currencies are called in the ERP. */
export type BooksSettings = {
  readonly entities: readonly BooksEntity[]
  readonly accounts: readonly BooksAccount[]
  /** ISO 4217 code to the ERP's id. */
  readonly currencies: Readonly<Record<string, string>>
  readonly journal: JournalSettings
  readonly segments: DefaultSegments
}

/** Words that a memo template may name. */
const memoWords = ['memo', 'externalId', 'entity', 'month', 'currency', 'chunk'] as const

const ErpId = z.union([z.string().regex(/^-?\d{1,15}$/, 'not an internal id'), z.int()]).transform(String)

const EntityRow = z.strictObject({
  // The id becomes a part of the journal's external id, and those take these letters only.
  id: z.string().regex(/^[A-Za-z0-9_-]{1,20}$/, 'use letters, digits, _ and -, at most 20'),
  legalName: z.string().min(1),
  timeZone: z.string().refine(isTimeZone, 'not a time zone of the IANA list'),
  functionalCurrency: z.string().regex(/^[A-Z]{3}$/, 'not a currency code'),
  subsidiary: ErpId,
})

const AccountRow = z.strictObject({
  kind: z.enum(Object.keys(accountKinds) as [AccountKind, ...AccountKind[]]),
  segment: z.string().min(1).nullable().default(null),
  account: ErpId,
  name: z.string().min(1),
  lineEntity: ErpId.nullable().default(null),
})

const JournalRow = z.strictObject({
  lineLimit: z.int().min(2).max(1000).default(200),
  memo: z.string().min(1).max(500).default('{memo}').superRefine(checkMemo),
  approvalStatus: ErpId.nullable().default(null),
})

const SegmentsRow = z.strictObject({
  class: ErpId.nullable().default(null),
  department: ErpId.nullable().default(null),
  location: ErpId.nullable().default(null),
})

const BooksFile = z.strictObject({
  entities: z.array(EntityRow).min(1),
  accounts: z.array(AccountRow).min(1),
  currencies: z.record(z.string().regex(/^[A-Z]{3}$/, 'not a currency code'), ErpId),
  journal: JournalRow.prefault({}),
  segments: SegmentsRow.prefault({}),
})

/**
 * Reads the books' settings from a parsed YAML file. Answers all faults at once. Kinds of account without a row are no fault: they
 * block only the journals that need them.
 */
export function parseBooks(object: unknown, fileName: string): Result<BooksSettings, Fault[]> {
  const parsed = BooksFile.safeParse(object)
  if (!parsed.success) return refused(parsed.error.issues.flatMap((issue) => faultsOfIssue(issue, fileName)))
  const faults = [
    ...repeated(parsed.data.entities, 'entities', 'id', ({ id }) => id, fileName),
    // The ERP's totals are read back by subsidiary, so two entities in one could not be told apart.
    ...repeated(parsed.data.entities, 'entities', 'subsidiary', ({ subsidiary }) => subsidiary, fileName),
    ...repeated(parsed.data.accounts, 'accounts', 'kind', accountName, fileName),
    ...repeatedCurrencies(parsed.data, fileName),
    ...unknownCurrencies(parsed.data, fileName),
  ]
  return faults.length === 0 ? ok(parsed.data) : refused(faults)
}

/** The settings of an entity, or null when the books do not know it. */
export function entityOf(settings: BooksSettings, id: string): BooksEntity | null {
  return settings.entities.find((entity) => entity.id === id) ?? null
}

/** The ERP account for a ledger account: the row of its segment, else the row of its kind; null where there is neither. */
export function booksAccountOf(settings: BooksSettings, account: Account): BooksAccount | null {
  const ofKind = settings.accounts.filter(({ kind }) => kind === account.kind)
  return (
    ofKind.find(({ segment }) => segment === account.segment) ??
    ofKind.find(({ segment }) => segment === null) ??
    null
  )
}

/** Accounts of a journal that no row of the settings maps, each once and by name. */
export function unmappedAccounts(settings: BooksSettings, entry: JournalEntry): string[] {
  const unmapped = entry.lines
    .filter(({ account }) => booksAccountOf(settings, account) === null)
    .map(({ account }) => accountName(account))
  return [...new Set(unmapped)]
}

/** The memo of a journal by the settings' template: `{memo}`, `{externalId}`, `{entity}`, `{month}`, `{currency}`, `{chunk}`. */
export function memoOf(settings: BooksSettings, entry: JournalEntry): string {
  return settings.journal.memo.replace(/\{(\w+)\}/g, (whole, word: string) =>
    isMemoWord(word) ? String(entry[word]) : whole,
  )
}

function isMemoWord(word: string): word is (typeof memoWords)[number] {
  return (memoWords as readonly string[]).includes(word)
}

function checkMemo(template: string, context: z.core.$RefinementCtx<string>): void {
  for (const [, word = ''] of template.matchAll(/\{(\w*)\}/g))
    if (!isMemoWord(word))
      context.addIssue({
        code: 'custom',
        message: `{${word}} is not a word of the memo; use ${memoWords.join(', ')}`,
      })
}

function isTimeZone(zone: string): boolean {
  try {
    startOfDay(zone, '2000-01-01')
    return true
  } catch {
    return false
  }
}

function faultsOfIssue(issue: z.core.$ZodIssue, file: string): Fault[] {
  // The reason of a wrong key stands one level down.
  const reason = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  if (issue.code !== 'unrecognized_keys') return [{ file, row: rowOf(issue.path), reason }]
  return issue.keys.map((key) => ({
    file,
    row: rowOf([...issue.path, key]),
    reason: 'is not a setting of the books',
  }))
}

function rowOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((row, part) => {
    if (typeof part === 'number') return `${row}[${part}]`
    return row === '' ? String(part) : `${row}.${String(part)}`
  }, '')
}

function repeated<T>(
  rows: readonly T[],
  list: string,
  column: string,
  keyOf: (row: T) => string,
  file: string,
): Fault[] {
  const firstByKey = new Map<string, number>()
  return rows.flatMap((row, index) => {
    const key = keyOf(row)
    const first = firstByKey.get(key)
    if (first === undefined) {
      firstByKey.set(key, index)
      return []
    }
    return [
      { file, row: `${list}[${index}].${column}`, reason: `"${key}" stands already in ${list}[${first}]` },
    ]
  })
}

/** Two codes with one id could not be told apart when totals are read back. */
function repeatedCurrencies({ currencies }: BooksSettings, file: string): Fault[] {
  const codes = Object.keys(currencies)
  return codes.flatMap((code, index) => {
    const earlier = codes.slice(0, index).find((other) => currencies[other] === currencies[code])
    if (earlier === undefined) return []
    return [
      { file, row: `currencies.${code}`, reason: `"${currencies[code]}" is already the id of ${earlier}` },
    ]
  })
}

function unknownCurrencies({ entities, currencies }: BooksSettings, file: string): Fault[] {
  return entities.flatMap(({ functionalCurrency }, index) =>
    functionalCurrency in currencies
      ? []
      : [
          {
            file,
            row: `entities[${index}].functionalCurrency`,
            reason: `currencies has no row for ${functionalCurrency}`,
          },
        ],
  )
}
