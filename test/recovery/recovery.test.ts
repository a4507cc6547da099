import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import postgres from 'postgres'
import { beforeAll, expect, test } from 'vitest'
import type { CheckpointLabel } from '../../src/ports/checkpoint.ts'
import { freePort } from '../../src/cli/demo/serve.ts'
import { ownDatabase } from '../support/database.ts'

/**
 * The hub is killed with SIGKILL at labelled points of the demo, in a process of its own, and started again beside the same
 * twins and on the same database. Whatever the point, the second start ends with the books of an undisturbed run.
 */
const points: readonly [CheckpointLabel, number][] = [
  ['inbox-before-commit', 2],
  ['inbox-after-commit', 3],
  ['deal-after-read', 1],
  ['contract-after-draft', 1],
  ['operation-in-flight', 4],
  ['operation-after-answer', 9],
  ['operation-after-result', 6],
  ['fact-before-append', 2],
  ['fact-after-append', 2],
  ['recognition-between-batches', 1],
  ['journal-before-post', 1],
  ['journal-after-post', 2],
  ['usage-after-commit', 2],
  ['usage-before-send', 1],
]

let undisturbed: string[]

beforeAll(async () => {
  const played = await playWith(null)
  if (played.codes[0] !== 0) throw new Error(`The undisturbed run ended with ${played.codes[0]}`)
  undisturbed = played.books
}, 120_000)

test.each(points)(
  'killed at %s, pass %i: the next start finishes with the same books',
  async (label, pass) => {
    const { codes, books } = await playWith(`${label}:${pass}`)
    expect(codes).toEqual(['SIGKILL', 0])
    expect(books).toEqual(undisturbed)
  },
  120_000,
)

/** Plays one month of the story, killed where asked and then started again; answers how the processes ended and the books. */
async function playWith(killAt: string | null): Promise<{ codes: (number | string)[]; books: string[] }> {
  const database = await ownDatabase()
  const port = await freePort()
  const twins = await startTwins(port)
  try {
    const codes = [await runHub(database.url, port, twins.url, killAt)]
    if (killAt !== null) codes.push(await runHub(database.url, port, twins.url, null))
    return { codes, books: await booksOf(database.url) }
  } finally {
    twins.process.kill('SIGKILL')
    await database.drop()
  }
}

async function startTwins(hubPort: number): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn('bin/tieout', [
    'fakes',
    '--json',
    '--at',
    '2026-01-01T15:00:00Z',
    '--hub-url',
    `http://127.0.0.1:${hubPort}`,
  ])
  const text = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('\n')) resolve(said)
    })
    child.once('exit', (code) => reject(new Error(`The twins ended with ${code}`)))
  })
  const answer = JSON.parse(text) as { data: { control: string } }
  return { process: child, url: answer.data.control }
}

function runHub(
  databaseUrl: string,
  port: number,
  twins: string,
  killAt: string | null,
): Promise<number | string> {
  const args = [
    'demo',
    '--once',
    '--json',
    '--months',
    '1',
    '--fakes',
    twins,
    '--port',
    String(port),
    '--database',
    databaseUrl,
  ]
  const env = { ...process.env, TIEOUT_KILL_AT: killAt ?? '' }
  const child = spawn('bin/tieout', args, { env, stdio: ['ignore', 'ignore', 'ignore'] })
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)))
}

/** Every entry of the books without ids, and how often each customer was given a subscription or journal. */
async function booksOf(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1 })
  try {
    const entries = await sql<{ line: string }[]>`
      select concat_ws(' ', customer.name, entry.line_id, header.accounting_date::text, header.reason, entry.side, entry.account_kind,
        entry.segment, entry.amount_minor, entry.currency) as line
      from ledger_transaction header join ledger_entry entry using (transaction_id)
        left join contract on contract.contract_id = entry.contract_id
        left join customer on customer.customer_id = contract.customer_id
      order by 1`
    const made = await sql<{ line: string }[]>`
      select concat_ws(' ', kind, state, count(*)) as line from external_op group by kind, state order by 1`
    const open = await sql<{ line: string }[]>`
      select concat_ws(' ', 'open exception', code, sentence) as line from exception where state = 'open' order by 1`
    return [...entries, ...made, ...open].map(({ line }) => line)
  } finally {
    await sql.end()
  }
}
