import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { bareVariables, ownFolder, root, start, tieout } from './processes.ts'

const folder = ownFolder()
const env = bareVariables(folder.path)
afterAll(() => folder.remove())

describe('what is not understood ends with 2, says why on stderr, and leaves stdout empty', () => {
  test.each([
    [['dels'], "Unknown command 'dels'\n(Did you mean deals?)"],
    [['deals', 'lits'], "Unknown command 'lits'\n(Did you mean list?)"],
    [['deals', 'list', '--stat', 'active'], "Unknown option '--stat'\n(Did you mean --state?)"],
    [['deals', 'list', '--state', 'won'], 'Allowed choices are seen, qualified, planned'],
    [['deals', 'show'], "Missing required argument 'id'"],
    [['close', 'run', '--entity', 'us', '--month', '2026-13'], 'Write a month as 2026-01.'],
    [['close', 'run', '--entity', 'us'], "Required option '--month <month>' not specified"],
    [['exceptions', 'replay'], 'Say which exceptions: ids, or one of --cause, --group and --all.'],
    [['exceptions', 'replay', 'exc_1', '--all'], 'Say which exceptions'],
    [['keys', 'create', '--name', 'x'], 'Say what the key may do: --scope.'],
    [['keys', 'create', '--scope', 'usage:write', '--expires-days', '401'], 'A key lives for 1 to 400 days.'],
    [['demo', '--months', '7'], 'Allowed choices are 1, 2, 3.'],
    [['demo', '--port', 'x'], 'It must be a whole number.'],
    [['demo', '--usage', 'no-trace.csv'], 'no-trace.csv cannot be read.'],
    [['demo', '--deals', 'no-folder'], 'no-folder/accounts.csv cannot be read.'],
    [['fakes', '--at', '2026-01-01'], 'Write an instant as 2026-01-01T15:00:00Z.'],
  ])('tieout %j', async (words, sentence) => {
    const { code, stdout, stderr } = await tieout(words, env)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(sentence)
  })

  test('with --json the reason is one problem on one line of stderr', async () => {
    const { code, stdout, stderr } = await tieout(['deals', 'list', '--stat', 'x', '--json'], env)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')).toHaveLength(2)
    expect(JSON.parse(stderr)).toMatchObject({
      title: 'Not understood',
      code: 'usage',
      exit_code: 2,
      retryable: false,
      next: 'tieout --help',
    })
  })
})

describe('nobody is asked where nobody sits', () => {
  test.each([[['--all']], [['--group', '1a2b3c4d']], [['--cause', 'x']], [['exc_1', 'exc_2']]])(
    'exceptions replay %j without --yes is refused before the database is opened (E9-154, E9-155)',
    async (words) => {
      const { code, stdout, stderr } = await tieout(['exceptions', 'replay', ...words], env)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toBe('Nobody can be asked here: say --yes to go on. Nothing was changed.\n')
    },
  )
})

describe('help', () => {
  test('without words: every group, with examples and the exit codes, and 0', async () => {
    const { code, stdout, stderr } = await tieout([], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const group of 'demo fakes doctor deals exceptions usage meters ledger close tie-out keys migrate'.split(
      ' ',
    )) {
      expect(stdout).toMatch(new RegExp(`^  ${group} `, 'm'))
    }
    expect(stdout).toContain('78 settings are missing or wrong')
  })

  test.each([
    ['deals', 'plan'],
    ['exceptions', 'replay'],
    ['usage', 'import'],
    ['meters', 'try'],
    ['meters', 'publish'],
    ['ledger', 'trial-balance'],
    ['close', 'run'],
    ['keys', 'create'],
    ['tie-out'],
    ['doctor'],
    ['migrate'],
    ['fakes'],
  ])('%s %s --help shows examples', async (...words) => {
    const { code, stdout } = await tieout([...words, '--help'], env)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Examples:\n {2}\S/m)
  })
})

test('the demo finds its mappings from any folder: only the database is missing', async () => {
  const words = ['demo', '--once', '--json', '--database', 'postgres://nobody:x@127.0.0.1:1/none']
  const { code, stdout, stderr } = await start(
    process.execPath,
    [join(root, 'src/cli/tieout.ts'), ...words],
    env,
    '/',
  ).ended
  expect({ code, stdout }).toEqual({ code: 75, stdout: '' })
  expect(stderr).toContain('The database does not answer')
}, 60_000)
