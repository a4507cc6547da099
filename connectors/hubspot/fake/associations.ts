import type { RecordType } from './standard-properties.ts'

/** One sense in which two records belong together. */
export type AssociationType = {
  readonly category: 'HUBSPOT_DEFINED' | 'USER_DEFINED' | 'INTEGRATOR_DEFINED'
  readonly typeId: number
  readonly label: string | null
}

type Pair = `${RecordType}>${RecordType}`

const hubspotDefined = (typeId: number, label: string | null = null): AssociationType => ({
  category: 'HUBSPOT_DEFINED',
  typeId,
  label,
})

/** The unlabelled type of each pair, and the primary one where the pair has it; labels as since February 2024. */
const defined: Readonly<Partial<Record<Pair, readonly AssociationType[]>>> = {
  'deals>companies': [hubspotDefined(341), hubspotDefined(5, 'Deal with Primary Company')],
  'companies>deals': [hubspotDefined(342), hubspotDefined(6, 'Primary company with Deal')],
  'deals>contacts': [hubspotDefined(3)],
  'contacts>deals': [hubspotDefined(4)],
  'deals>line_items': [hubspotDefined(19)],
  'line_items>deals': [hubspotDefined(20)],
  'contacts>companies': [hubspotDefined(279), hubspotDefined(1, 'Contact with Primary Company')],
  'companies>contacts': [hubspotDefined(280), hubspotDefined(2, 'Primary company with Contact')],
}

/** A record at the other end. */
export type Associated = { readonly toId: string; readonly types: readonly AssociationType[] }

/** Two records that belong together from now on, or no longer, as seen from one of them. */
export type AssociationChange = {
  readonly from: RecordType
  readonly fromId: string
  readonly to: RecordType
  readonly toId: string
  readonly isRemoved: boolean
  readonly isPrimary: boolean
}

/** Who belongs to whom. Every association can be read from both ends. */
export type Associations = {
  definitions(from: RecordType, to: RecordType): readonly AssociationType[]
  /** Adds a label of the portal's own and answers its type id. */
  define(from: RecordType, to: RecordType, label: string): number
  of(from: RecordType, fromId: string, to: RecordType): Associated[]
  /** Associates with the unlabelled type; the first company of a deal becomes its primary one. */
  associate(from: RecordType, fromId: string, to: RecordType, toId: string, typeIds?: readonly number[]): void
  remove(from: RecordType, fromId: string, to: RecordType, toId: string): void
  /** Everything a record belonged to now belongs to another. */
  move(type: RecordType, fromId: string, toId: string): void
  forget(type: RecordType, id: string): void
}

type Links = Map<string, Map<string, Set<number>>>

/** Starts with nothing associated. Every change is told once from each end. */
export function createAssociations(
  types: readonly RecordType[],
  onChange: (change: AssociationChange) => void,
): Associations {
  const { definitions, define } = createDefinitions()
  const links = new Map<Pair, Links>()
  const linksOf = (pair: Pair) => entry(links, pair, () => new Map())
  const link = (
    from: RecordType,
    fromId: string,
    to: RecordType,
    toId: string,
    typeIds: readonly number[],
  ) => {
    const ends = entry(linksOf(`${from}>${to}`), fromId, () => new Map<string, Set<number>>())
    const known = entry(ends, toId, () => new Set<number>())
    for (const typeId of typeIds) known.add(typeId)
  }
  const tell = (change: AssociationChange) => {
    const { from, fromId, to, toId } = change
    onChange(change)
    onChange({ ...change, from: to, fromId: toId, to: from, toId: fromId })
  }
  const associations: Associations = {
    definitions,
    define,
    of: (from, fromId, to) =>
      [...(linksOf(`${from}>${to}`).get(fromId) ?? [])].map(([toId, typeIds]) => ({
        toId,
        types: definitions(from, to).filter(({ typeId }) => typeIds.has(typeId)),
      })),
    associate: (from, fromId, to, toId, typeIds = []) => {
      const isFirst = associations.of(from, fromId, to).length === 0
      link(from, fromId, to, toId, [...defaultTypes(definitions(from, to), isFirst), ...typeIds])
      link(to, toId, from, fromId, defaultTypes(definitions(to, from), isFirst))
      tell({ from, fromId, to, toId, isRemoved: false, isPrimary: isFirst })
    },
    remove: (from, fromId, to, toId) => {
      linksOf(`${to}>${from}`).get(toId)?.delete(fromId)
      const wasThere = linksOf(`${from}>${to}`).get(fromId)?.delete(toId)
      if (wasThere === true) tell({ from, fromId, to, toId, isRemoved: true, isPrimary: false })
    },
    move: (type, fromId, toId) => {
      for (const other of types)
        for (const { toId: otherId, types: kept } of associations.of(type, fromId, other)) {
          associations.remove(type, fromId, other, otherId)
          const own = kept.filter(isOwn).map(({ typeId }) => typeId)
          associations.associate(type, toId, other, otherId, own)
        }
    },
    forget: (type, id) => {
      for (const other of types)
        for (const { toId } of associations.of(type, id, other)) associations.remove(type, id, other, toId)
    },
  }
  return associations
}

/** The types of each pair: HubSpot's, then the portal's own. */
function createDefinitions(): Pick<Associations, 'definitions' | 'define'> {
  const own = new Map<Pair, AssociationType[]>()
  let lastTypeId = 900
  return {
    definitions: (from, to) => [...(defined[`${from}>${to}`] ?? []), ...(own.get(`${from}>${to}`) ?? [])],
    define: (from, to, label) => {
      lastTypeId += 1
      const type: AssociationType = { category: 'USER_DEFINED', typeId: lastTypeId, label }
      entry(own, `${from}>${to}`, () => []).push(type)
      return lastTypeId
    },
  }
}

const isOwn = ({ category }: AssociationType) => category !== 'HUBSPOT_DEFINED'

/** A first company is made the primary one by HubSpot itself. */
function defaultTypes(definitions: readonly AssociationType[], isFirst: boolean): number[] {
  return definitions
    .filter((type) => !isOwn(type) && (type.label === null || isFirst))
    .map(({ typeId }) => typeId)
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
