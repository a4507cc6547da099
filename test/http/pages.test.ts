import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { createApiKey } from '../../src/http/access/create-key.ts'
import { keepStandings } from '../../src/jobs/keep-standings.ts'
import { countUsage } from '../../src/store/count-usage.ts'
import { seededRandom } from '../../src/ports/random.ts'
import { bearing, ownApp, posted, type OwnApp } from './own-app.ts'
import { seed, type Seeded } from './seeded.ts'

let own: OwnApp
let ids: Seeded
beforeAll(async () => {
  own = await ownApp()
  ids = await seed(own.store)
})
afterAll(() => own.close())

async function page(path: string, app = own.app, headers: Record<string, string> = {}) {
  const answer = await app.request(path, { headers })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** A page as it reads, without its marks. */
const words = (html: string) =>
  html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ')

test('the status page says in its headline that one of seven tie-outs does not agree, and where', async () => {
  const { status, text } = await page('/')
  expect(status).toBe(200)
  expect(text).toContain('<h1>1 of 7 tie-outs does not agree</h1>')
  const said = words(text)
  for (const part of [
    'Deals won, then active 1 of 2',
    'Waiting for a person 1 deal 1 cause, 12,000.00 USD held up',
    'Tie-outs 6 of 7',
    'Books January 2026 the last month closed, for us',
    "Add a row for 'Net 45 EOM' to the lookup table payment-terms",
    'cus_acme tokens 2026-02 one hour has not been reported usage 10 9',
    'March 2026 us Example Software Inc. under way',
    'February 2026 us Example Software Inc. … ended, to be closed',
    'tieout-us-2026-01-USD-1 January 2026, us ✓ posted 9001 150,000.00 USD',
  ])
    expect(said).toContain(part)
  expect(text).toContain('<meta http-equiv="refresh" content="15" />')
})

test('the status page shows a commitment burning down: 13,000,000 of 10,000,000 tokens cost 9.60, and why', async () => {
  const settings = { publicUrl: '', automaticTax: false, closeAfterDays: null, sweepIntervalSeconds: 600 }
  await keepStandings({ ...own.options, settings })
  const subject = '001ACME'
  const data = { value: '13000000' }
  const event = { specversion: '1.0', id: 'burn', source: 'test', type: 'tokens', subject, data }
  const sent = await posted(
    own,
    '/v1/events',
    { ...event, time: '2026-03-02T08:00:00Z' },
    bearing(own.secret, 'application/cloudevents+json'),
  )
  expect(sent.body).toMatchObject({ accepted: 1 })
  await countUsage(own.store, own.options)
  const said = words((await page('/')).text)
  for (const part of [
    'Acme Bank Tokens, C-1001',
    '13,000,000 of 10,000,000: 130 %',
    'used up until 2026-04-01',
    'Reached 50 % on 2 Mar , 80 % on 2 Mar , 100 % on 2 Mar',
    '9.60 USD 3,000,000 tokens over ÷ 1,000 × 0.004 × (1 − 20 %) = 9.60',
  ])
    expect(said).toContain(part)
})

test('pages load nothing from elsewhere and may be shown in no frame', async () => {
  for (const path of ['/', `/deals/${ids.stoppedCase}`, '/docs', '/docs/problems']) {
    const { headers, text } = await page(path)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none';/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy.replace(/'self'|'none'|'unsafe-inline'|data:/g, '')).not.toMatch(/https?:|\*/)
    expect(text.match(/(?:src|href)="(?!\/|#|https:\/\/example\.my\.salesforce\.com)[^"]*"/g)).toBeNull()
  }
  const json = await own.app.request('/healthz')
  expect(json.headers.get('content-security-policy')).toBe(
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  )
})

test('what pages and the reference load is there', async () => {
  const loads = [
    '/tieout.css',
    '/tieout.svg',
    '/docs/assets/swagger-ui.css',
    '/docs/assets/swagger-ui-bundle.js',
  ]
  for (const path of [...loads, '/docs/assets/start.js', '/docs/assets/look.css'])
    expect([path, (await page(path)).status]).toEqual([path, 200])
  for (const path of [
    '/docs/assets/package.json',
    '/docs/assets/..%2fpackage.json',
    '/docs/assets/constructor',
  ])
    expect([path, (await page(path)).status]).toEqual([path, 404])
})

test('the page of a stopped deal says what stops it and what to do', async () => {
  const { status, text } = await page(`/deals/${ids.stoppedCase}`)
  expect(status).toBe(200)
  const said = words(text)
  expect(said).toContain(
    "Nordsee ✗ Needs fix Deal 'Nordsee' could not be provisioned because payment terms 'Net 45 EOM' is not in the lookup",
  )
  expect(said).toContain('Amount in the CRM 12,000.00 USD')
  expect(text).not.toContain('http-equiv="refresh"')
})

test('the page of an active deal tells its story; an id of nothing is a page too', async () => {
  const said = words((await page(`/deals/${ids.acmeCase}`)).text)
  expect(said).toContain('Contract value 600,000.00 USD')
  expect(said).toContain('Served 2026-01-01 to 2026-12-31')
  expect(said).toContain('09:00 UTC Contract C-1001 drafted')
  const none = await page('/deals/006ACME')
  expect([none.status, words(none.text)]).toEqual([404, expect.stringContaining('There is no such deal')])
})

test('markup in names, reasons and links is shown as text', async () => {
  const evil = '<img src=x onerror=alert(1)>"\'&'
  await own.owner`update deal_case set name = ${evil}, account_name = ${evil}, state_detail = ${evil},
    url = 'javascript:alert(1)' where case_id = ${ids.acmeCase}`
  await own.owner`update exception set action = ${evil}, cause = ${evil}, sentence = ${evil} where state = 'open'`
  for (const path of ['/', `/deals/${ids.acmeCase}`, `/deals/${ids.stoppedCase}`]) {
    const { text } = await page(path)
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(text).not.toMatch(/<img|javascript:/)
  }
})

test('where live money moves the pages ask for a key with reports:read, as a password or a token', async () => {
  const app = createApp({ ...own.options, environment: 'live' })
  const make = async (scopes: Parameters<typeof createApiKey>[1]['scopes'], chance: number) => {
    const seams = { store: own.store, clock: own.clock, random: seededRandom(chance) }
    return (await createApiKey(seams, { name: 'page', scopes, by: 'test', environment: 'live' })).secret
  }
  const [right, wrong] = [await make(['reports:read'], 31), await make(['deals:read'], 32)]
  const basic = (secret: string) => ({ authorization: `Basic ${btoa(`anyone:${secret}`)}` })
  for (const path of ['/', '/metrics']) {
    const closed = await page(path, app)
    expect([closed.status, closed.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ])
    expect((await page(path, app, basic(wrong))).status).toBe(401)
    expect((await page(path, app, basic('nonsense'))).status).toBe(401)
    expect((await page(path, app, basic(right))).status).toBe(200)
    expect((await page(path, app, { authorization: `Bearer ${right}` })).status).toBe(200)
  }
  expect((await page(`/deals/${ids.acmeCase}`, app)).status).toBe(200)
  expect((await page('/readyz', app)).text).not.toContain('detail')
  expect((await page('/readyz', app, basic(right))).text).toContain('detail')
  const open = createApp({ ...own.options, environment: 'live', openPages: true })
  expect((await page('/', open)).status).toBe(200)
})

test('metrics tell deals, exceptions, money, work, operations, ledger and tie-outs in Prometheus’ words', async () => {
  await own.owner`update exception set code = 'LOOKUP_MISS' where state = 'open'`
  const { headers, text } = await page('/metrics')
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = text.split('\n')
  for (const line of [
    '# TYPE tieout_deals_state gauge',
    'tieout_deals_state{state="active"} 1',
    'tieout_deals_state{state="exception"} 1',
    'tieout_deal_activation_seconds_sum 4',
    'tieout_deal_activation_seconds_count 1',
    'tieout_exceptions_open{code="LOOKUP_MISS"} 1',
    'tieout_exception_money_blocked_minor_units{currency="USD"} 1200000',
    'tieout_inbox_lag_seconds 0',
    '# TYPE tieout_ledger_transactions_total counter',
    'tieout_ledger_transactions_total{rule="invoice-paid"} 1',
    'tieout_months{entity="us",state="closed"} 1',
    'tieout_journals{state="posted"} 1',
    'tieout_recon_differences{recon="usage"} 1',
    'tieout_recon_differences{recon="erp"} 0',
  ])
    expect(lines).toContain(line)
  expect(lines.filter((line) => !/^(#|$|tieout_[a-z_]+(\{[^}]*\})? [\d.]+$)/.test(line))).toEqual([])
})
