import { z } from '@hono/zod-openapi'
import { addLookupRow, canonicalMapping, parseMapping } from '../../domain/mapping.ts'
import { recordAct } from '../../store/audit.ts'
import { hashOf } from '../../store/fingerprint.ts'
import { liveMapping, lockMapping, publishMapping, type MappingVersion } from '../../store/mappings.ts'
import { addWrite } from '../endpoint.ts'
import type { Api } from '../foundation.ts'
import { anyId } from '../ids.ts'
import { ProblemError } from '../problem.ts'
import { Instant, instantOut } from '../shapes.ts'
import { actorOf, type ApiContext } from './api-context.ts'

const MappingVersionShape = z
  .object({
    object: z.literal('mapping_version'),
    id: z.string(),
    mapping: z.string(),
    version: z.int(),
    content_hash: z.string(),
    created_at: Instant,
    created_by: z.string(),
    is_new: z.boolean().openapi({ description: 'False when the table had this row already.' }),
  })
  .openapi('MappingVersion')

/** Lookup tables: a row more publishes the next version of the mapping. */
export function addLookups(app: Api, context: ApiContext): void {
  addWrite(app, context, {
    path: '/v1/lookups/{mapping}/{table}',
    scope: 'mappings:approve',
    tag: 'mappings',
    summary: 'Add a row to a lookup table, or change the one that is there',
    description: 'Publishes a new version of the mapping. Replay the exceptions of the cause afterwards.',
    params: z.strictObject({ mapping: anyId, table: anyId }),
    problems: [404],
    body: z.strictObject({
      key: z.string().trim().min(1).max(500),
      value: z.string().trim().min(1).max(500),
    }),
    statuses: [201],
    answer: MappingVersionShape,
    write: async (unit, { params: { mapping: name, table }, body: { key: row, value }, key }) => {
      await lockMapping(unit, name)
      const live = await liveMapping(unit, name)
      if (live === null) throw notFound(`No mapping named ${name} is published.`)
      const text = soundText(name, withRow(live.text, table, row, value))
      const [at, by] = [context.clock.now(), actorOf(key)]
      const contentHash = hashOf(canonicalMapping(text))
      const published = await publishMapping(unit, { name, text, contentHash, by }, at)
      const detail = { table, key: row, value, from: live.version, to: published.version }
      await recordAct(
        unit,
        { actor: by, action: 'lookup-row-added', subjectKind: 'mapping', subject: name, detail },
        at,
      )
      return { status: 201, body: versionOut(published) }
    },
  })
}

function versionOut(published: MappingVersion & { isNew: boolean }): z.input<typeof MappingVersionShape> {
  return {
    object: 'mapping_version',
    id: published.mappingVersionId,
    mapping: published.name,
    version: published.version,
    content_hash: published.contentHash,
    created_at: instantOut(published.createdAt),
    created_by: published.createdBy,
    is_new: published.isNew,
  }
}

function withRow(text: string, table: string, key: string, value: string): string {
  try {
    return addLookupRow(text, table, key, value)
  } catch (error) {
    if (error instanceof RangeError) throw notFound(`${error.message}.`)
    throw error
  }
}

/** The text again, once it is known to be sound. Throws ProblemError (422) with every fault. */
function soundText(name: string, text: string): string {
  const parsed = parseMapping(text, name)
  if (parsed.ok) return text
  const errors = parsed.error.map(({ row, path, reason }) => ({
    pointer: `/${path.replaceAll('.', '/')}`,
    code: 'mapping-row',
    message: `Line ${row}: ${reason}.`,
  }))
  const detail = `With this row the mapping ${name} would not be sound: ${errors[0]?.message ?? ''}`
  throw new ProblemError({ status: 422, code: 'mapping-refused', detail, errors })
}

function notFound(detail: string): ProblemError {
  return new ProblemError({ status: 404, code: 'not-found', detail })
}
