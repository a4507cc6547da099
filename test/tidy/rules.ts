import type { SourceFile } from './source-files.ts'
import { codeOf, importsOf, packagesOf } from './source-files.ts'

/** Each rule answers the sentences of what it found; none is tidy. */
type Rule = (files: readonly SourceFile[]) => string[]

/** Which layer a path belongs to, and which layers it may import. Composition roots may import everything. */
const layers: readonly {
  readonly name: string
  readonly owns: RegExp
  readonly mayImport: readonly string[]
}[] = [
  { name: 'composition', owns: /^src\/(main|edge|hub)\.ts$|^src\/cli\//, mayImport: ['*'] },
  { name: 'flow', owns: /^src\/flow\.ts$/, mayImport: ['flow'] },
  { name: 'domain', owns: /^src\/domain\//, mayImport: ['flow', 'domain'] },
  { name: 'ports', owns: /^src\/ports\//, mayImport: ['flow', 'domain', 'ports'] },
  { name: 'store', owns: /^src\/store\//, mayImport: ['flow', 'domain', 'ports', 'store'] },
  { name: 'connectors', owns: /^connectors\//, mayImport: ['flow', 'domain', 'ports', 'connectors'] },
  { name: 'jobs', owns: /^src\/jobs\//, mayImport: ['flow', 'domain', 'ports', 'store', 'jobs'] },
  { name: 'http', owns: /^src\/http\//, mayImport: ['flow', 'domain', 'ports', 'store', 'http'] },
  // Products of our users install it: it brings everything it needs, and knows nothing of the hub.
  { name: 'sdk', owns: /^src\/sdk\//, mayImport: ['sdk'] },
  { name: 'config', owns: /^src\/config\.ts$/, mayImport: ['domain', 'ports'] },
]

function layerOf(path: string): (typeof layers)[number] | undefined {
  return layers.find(({ owns }) => owns.test(path))
}

/** Arrows point one way: no file imports a layer above or beside its own. */
export const arrows: Rule = (files) =>
  files.flatMap((file) => {
    const layer = layerOf(file.path)
    if (layer === undefined || layer.mayImport.includes('*')) return []
    return importsOf(file)
      .map((target) => ({ target, above: layerOf(target) }))
      .filter(({ above }) => above !== undefined && !layer.mayImport.includes(above.name))
      .map(({ target }) => `${file.path} must not import ${target}`)
  })

/** Connectors do not know each other. */
export const separateVendors: Rule = (files) =>
  files.flatMap((file) => {
    const vendor = /^connectors\/(\w+)\//.exec(file.path)?.[1]
    if (vendor === undefined) return []
    return importsOf(file)
      .filter((target) => /^connectors\/\w+\//.test(target) && !target.startsWith(`connectors/${vendor}/`))
      .map((target) => `${file.path} must not import another vendor's ${target}`)
  })

const ownedPackages: Readonly<Record<string, RegExp>> = {
  stripe: /^connectors\/stripe\//,
  jsforce: /^connectors\/salesforce\//,
  '@hubspot/api-client': /^connectors\/hubspot\//,
  'netsuite-rest': /^connectors\/netsuite\//,
  '@platformatic/kafka': /^connectors\/kafka\//,
  'drizzle-orm': /^src\/(store|jobs\/doorbell)/,
  'pg-boss': /^src\/jobs\/doorbell/,
  postgres: /^src\/store\//,
}

/** A vendor's package is imported only in the folder that owns it. */
export const ownPackages: Rule = (files) =>
  files.flatMap((file) =>
    packagesOf(file)
      .filter((name) => ownedPackages[name] !== undefined && !ownedPackages[name].test(file.path))
      .map((name) => `${file.path} must not import the package ${name}`),
  )

const bannedCalls: readonly { readonly call: RegExp; readonly instead: string; readonly except: RegExp }[] = [
  {
    call: /\bDate\.now\(\)|\bnew Date\(\)/,
    instead: 'clock.now()',
    except: /^src\/(ports\/clock|sdk\/platform)\.ts$/,
  },
  {
    call: /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/,
    instead: 'random.bytes()',
    except: /^src\/ports\/random\.ts$/,
  },
  {
    call: /\bset(?:Timeout|Interval|Immediate)\(/,
    instead: 'clock.sleep()',
    except: /^src\/(ports\/clock|sdk\/platform)\.ts$/,
  },
  {
    call: /(?<![.\w])fetch\(|globalThis\.fetch\(/,
    instead: 'the transport',
    except: /^src\/(ports\/transport|sdk\/platform|edge)\.ts$/,
  },
  {
    call: /\.transaction\(|\bsql\.begin\(/,
    instead: 'store.unitOfWork()',
    except: /^src\/store\/(unit-of-work|migrate)\.ts$|^connectors\//,
  },
  { call: /\bvi\.mock\(/, instead: 'a fake', except: /^$/ },
]

/** Time, chance, network and transactions come through the seams. */
export const seams: Rule = (files) =>
  files.flatMap((file) => {
    const code = codeOf(file)
    return bannedCalls
      .filter(({ call, except }) => call.test(code) && !except.test(file.path))
      .map(({ call, instead }) => `${file.path} calls ${call.exec(code)?.[0]}: use ${instead}`)
  })

/** The domain computes: it does not wait, and money does not pass through floating point. */
export const pureDomain: Rule = (files) =>
  files
    .filter(({ path }) => path.startsWith('src/domain/'))
    .flatMap((file) =>
      [/\basync\b/, /\bPromise\b/, /\bparseFloat\(/, /\bNumber\(/, /\bprocess\./]
        .filter((word) => word.test(codeOf(file)))
        .map((word) => `${file.path} contains ${word.source}: the domain is pure and exact`),
    )

/** Names that say nothing. */
export const names: Rule = (files) =>
  files
    .filter(({ path }) => /(^|[-/.])(utils?|helpers?|managers?|misc|common)([-/.]|$)/.test(path))
    .map(({ path }) => `${path} has a name that says nothing`)

/** The tree stays at most four folders deep. */
export const depth: Rule = (files) =>
  files.filter(({ path }) => path.split('/').length > 5).map(({ path }) => `${path} lies too deep`)

/** A page of documentation has exactly one title. */
export const titles: Rule = (files) =>
  files
    .filter(({ path }) => path.endsWith('.md'))
    .filter(({ text }) => text.replace(/```[\s\S]*?```/g, '').match(/^# /gm)?.length !== 1)
    .map(({ path }) => `${path} must have exactly one title`)

/** No file of the project names a machine's folders or a package registry. */
export const noMachinePaths: Rule = (files) =>
  files
    .filter(({ path }) => !path.startsWith('test/tidy/'))
    .filter(({ text }) => /\/work\/|\/root\/\.|registry\.npmjs|https?:\/\/registry\./.test(text))
    .map(({ path }) => `${path} names a path of one machine or a registry`)
