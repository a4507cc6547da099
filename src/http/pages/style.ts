/** The look of all pages, in one place. Colors keep a contrast of 4.5 to 1 in both themes (WCAG 2.2, 1.4.3). */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f5; --card: #ffffff; --line: #dfe3de; --ink: #16201c; --quiet: #55625c; --link: #0b5c49;
  --good: #0a6b4d; --good-ground: #e2f3ec; --bad: #a3221d; --bad-ground: #fbe9e7;
  --wait: #7a4a00; --wait-ground: #fdf0d8; --bar: #0f7a5a; --bar-ground: #dfe8e3;
  --head: #12362c; --head-ink: #f2f7f4; --head-quiet: #b4cbc1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151a; --card: #182026; --line: #2c3840; --ink: #e8eeeb; --quiet: #a3b1ab; --link: #6fd3b3;
    --good: #7bdcb5; --good-ground: #12352a; --bad: #ff9d95; --bad-ground: #421a18;
    --wait: #f4c671; --wait-ground: #3a2a0b; --bar: #37b98d; --bar-ground: #2a353b;
    --head: #0b241d; --head-ink: #f2f7f4; --head-quiet: #9fbbb0;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); text-underline-offset: 0.2em; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.5rem 1rem; z-index: 1; }
.wide { max-width: 74rem; margin: 0 auto; padding: 0 1.5rem; }
header { background: var(--head); color: var(--head-ink); }
header .wide { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.25rem; padding-top: 0.9rem; padding-bottom: 0.9rem; }
header a { color: var(--head-ink); }
.brand { display: flex; align-items: center; gap: 0.6rem; font-weight: 700; font-size: 1.15rem; letter-spacing: -0.01em; text-decoration: none; }
.brand span { display: flex; } .brand svg { width: 1.6rem; height: 1.6rem; }
header nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.1rem; margin-left: auto; font-size: 0.95rem; }
header nav a { padding: 0.15rem 0; }
.chip { border: 1px solid currentColor; border-radius: 999px; padding: 0.05rem 0.65rem; font-size: 0.78rem; font-weight: 700; letter-spacing: 0.06em; }
.chip.demo { color: #e8eeeb; background: repeating-linear-gradient(-45deg, #33413b 0 8px, #2a3631 8px 16px); }
.chip.test { color: #ffd792; }
.chip.live { color: #ffffff; }
main.wide { padding-top: 2.25rem; padding-bottom: 2rem; }
h1 { font-size: clamp(1.6rem, 1.2rem + 1.6vw, 2.3rem); line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 0.4rem; }
h2 { font-size: 1.15rem; letter-spacing: -0.01em; margin: 0; }
.lead { color: var(--quiet); margin: 0 0 1.75rem; max-width: 62ch; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem; margin: 0 0 2rem; padding: 0; list-style: none; }
.card, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.card { padding: 1.1rem 1.25rem 1.2rem; }
.card .name { color: var(--quiet); font-size: 0.9rem; margin: 0; }
.card .figure { font-size: 1.75rem; font-weight: 700; letter-spacing: -0.02em; line-height: 1.2; margin: 0.15rem 0 0.1rem; font-variant-numeric: tabular-nums; }
.card .note { margin: 0; font-size: 0.92rem; color: var(--quiet); }
.card.bad .figure { color: var(--bad); } .card.wait .figure { color: var(--wait); } .card.good .figure { color: var(--good); }
.bar { height: 8px; border-radius: 999px; background: var(--bar-ground); overflow: hidden; margin: 0.6rem 0 0.5rem; }
.bar svg { display: block; width: 100%; height: 100%; } .bar rect { fill: var(--bar); }
.whole { white-space: nowrap; }
.burn { display: block; min-width: 12rem; } .burn strong { font-variant-numeric: tabular-nums; } .burn .bar { display: block; }
.bar rect.over { fill: var(--wait); }
section { margin: 0 0 1.5rem; overflow: hidden; }
section > .top { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1rem; padding: 1rem 1.25rem 0.75rem; }
section > .top p { margin: 0; color: var(--quiet); font-size: 0.92rem; }
section > .empty, section > .text { margin: 0; padding: 0 1.25rem 1.2rem; color: var(--quiet); }
table { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
th, td { text-align: left; vertical-align: top; padding: 0.6rem 0.75rem; border-top: 1px solid var(--line); overflow-wrap: break-word; }
th:first-child, td:first-child { padding-left: 1.25rem; } th:last-child, td:last-child { padding-right: 1.25rem; }
thead th { font-size: 0.8rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
tbody th { font-weight: 600; }
.end { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td time, td code { white-space: nowrap; }
.sub { display: block; color: var(--quiet); font-size: 0.88rem; font-weight: 400; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.pill { display: inline-flex; align-items: center; gap: 0.35rem; border-radius: 999px; padding: 0.05rem 0.6rem; font-size: 0.85rem; font-weight: 600; white-space: nowrap; background: var(--bar-ground); color: var(--ink); }
.pill.good { background: var(--good-ground); color: var(--good); } .pill.bad { background: var(--bad-ground); color: var(--bad); } .pill.wait { background: var(--wait-ground); color: var(--wait); }
.steps { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); margin: 0; padding: 0 1.25rem 1.2rem; gap: 0.75rem; list-style: none; }
.steps li { border-top: 3px solid var(--bar-ground); padding-top: 0.5rem; } .steps li.some { border-top-color: var(--bar); } .steps li.stop { border-top-color: var(--bad); }
.steps strong { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.steps span { color: var(--quiet); font-size: 0.9rem; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem 1.5rem; margin: 0; padding: 0.25rem 1.25rem 1.25rem; }
dl.facts dt { color: var(--quiet); font-size: 0.88rem; } dl.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
ol.story { list-style: none; margin: 0; padding: 0.25rem 1.25rem 1rem; }
ol.story li { display: grid; grid-template-columns: 12.5rem 1fr; gap: 0 1.25rem; padding: 0.6rem 0; border-top: 1px solid var(--line); }
ol.story li:first-child { border-top: 0; }
ol.story time { color: var(--quiet); font-size: 0.92rem; font-variant-numeric: tabular-nums; }
.call { border-radius: 12px; padding: 1.1rem 1.25rem; margin: 0 0 1.5rem; border: 1px solid var(--line); background: var(--card); }
.call.bad { background: var(--bad-ground); border-color: transparent; color: var(--bad); } .call.good { background: var(--good-ground); border-color: transparent; color: var(--good); }
.call.wait { background: var(--wait-ground); border-color: transparent; color: var(--wait); }
.call p { margin: 0; } .call p + p { margin-top: 0.35rem; } .call .what { font-weight: 600; font-size: 1.08rem; }
footer { color: var(--quiet); font-size: 0.9rem; padding: 0 0 2.5rem; } footer p { margin: 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 46rem) {
  .wide { padding: 0 1rem; } header nav { margin-left: 0; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; } tr { border-top: 1px solid var(--line); padding: 0.6rem 1.25rem; }
  tbody th, tbody td, tbody th:first-child, tbody td:first-child { border: 0; padding: 0.15rem 0; text-align: left; white-space: normal; }
  tbody td.end { text-align: left; } tbody td time, tbody td code { white-space: normal; }
  td[data-name] { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0.75rem; } td[data-name]::before { content: attr(data-name); color: var(--quiet); font-size: 0.88rem; }
  ol.story li { grid-template-columns: 1fr; }
}
@media print { header nav, .skip { display: none; } section, .card { break-inside: avoid; } }
`
