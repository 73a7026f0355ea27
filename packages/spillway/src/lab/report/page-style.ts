/** The looks of a page; the colours are variables, which the light and the dark scheme set. */

export const pageStyle = `
:root { --good: #14763f; --bad: #b3261e; --unknown: #8a6100; --raised: #f5f7fa; }
@media (prefers-color-scheme: dark) {
  :root { --good: #5fd193; --bad: #ff8a80; --unknown: #e7bd52; --raised: #1c2430; }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 1rem; padding-bottom: .3rem; border-bottom: 2px solid var(--grid); }
h2::first-letter { text-transform: uppercase; }
h3 { font-size: 1.05rem; margin: 0 0 .3rem; }
a { color: var(--s0); }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; background: var(--paper); padding: .8rem; border-radius: .4rem; line-height: 1.35; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: 1rem 0; }
article { background: var(--raised); border-radius: .6rem; padding: 1rem 1.2rem; margin: 1rem 0; }
article p { margin: .5rem 0; }
.question { font-size: 1.05rem; }
.host, .faint { color: var(--faint); }
.faint { font-size: .88rem; }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th { text-align: left; color: var(--faint); font-weight: 600; }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
td a { white-space: nowrap; }
td { overflow-wrap: anywhere; min-width: 6rem; }
.verdict { font-weight: 600; white-space: nowrap; font-size: .88rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .unknown { color: var(--unknown); }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; list-style: none; padding: 0; }
.tiles li { background: var(--raised); border-radius: .5rem; padding: .5rem 1rem; }
.tiles b { font-size: 1.5rem; margin-right: .3rem; }
figure { margin: 1rem 0; overflow-x: auto; background: var(--paper); border-radius: .4rem; padding: .8rem; }
figure svg { display: block; max-width: 100%; height: auto; min-width: 34rem; }
details { margin: .4rem 0; } summary { cursor: pointer; color: var(--faint); }
dl { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: .1rem 1rem; }
@media (max-width: 34rem) {
  main { padding: 1rem .6rem 3rem; } article { padding: .8rem; }
  th, td { padding-right: .4rem; } td { min-width: 4rem; }
}
dl { font-size: .92rem; }
dt { color: var(--faint); } dd { margin: 0; font-variant-numeric: tabular-nums; }
`;
