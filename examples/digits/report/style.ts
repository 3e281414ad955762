/** The page's style: its colours follow the reader's light or dark setting. */
export const style = `
:root {
  --paper: #fbfaf7; --card: #ffffff; --ink: #1c1b19; --soft: #6b6860; --line: #e3e0d8;
  --loss: #b4532a; --good: #1f6f6b; --bad: #b3261e; --heat: 31 111 107;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161614; --card: #1f1e1c; --ink: #ece9e2; --soft: #a09c92; --line: #34322e;
    --loss: #e58a5c; --good: #62bdb5; --bad: #f2847b; --heat: 98 189 181;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body {
  margin: 0; font: 1.0625rem/1.6 Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif;
  font-variant-numeric: lining-nums;
}
main { max-width: 46rem; margin: 0 auto; padding: clamp(1.5rem, 5vw, 4.5rem) 1.25rem 4rem; }
p { margin: 0 0 1rem; max-width: 38rem; text-wrap: pretty; }
.eyebrow, figure text, figcaption, footer, th, td, .digit span {
  font-family: Inter, 'Helvetica Neue', system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
.eyebrow { color: var(--soft); font-size: .8125rem; letter-spacing: .04em; margin-bottom: 1.25rem; }
h1 { font-size: clamp(3.5rem, 14vw, 6.5rem); line-height: 1; letter-spacing: -.03em; font-weight: 600; margin: 0 0 1rem; }
.lead { font-size: 1.25rem; line-height: 1.5; }
h2 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .375rem; text-wrap: balance; }
section { margin-top: 3.5rem; }
section > p { color: var(--soft); }
figure { margin: 1.25rem 0 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
figure text { font-size: 12px; fill: var(--soft); }
.grid { stroke: var(--line); }
.loss { fill: none; stroke: var(--loss); stroke-width: 1; opacity: .35; }
.smooth { fill: none; stroke: var(--loss); stroke-width: 2; stroke-linejoin: round; }
.accuracy { fill: none; stroke: var(--good); stroke-width: 2; stroke-linejoin: round; }
figure text.of-loss { fill: var(--loss); font-weight: 600; }
figure text.of-accuracy { fill: var(--good); font-weight: 600; }
.scroll { overflow-x: auto; }
.scroll svg { min-width: 34rem; padding-right: 1.5rem; }
table { border-collapse: separate; border-spacing: 3px; font-size: .875rem; width: 100%; min-width: 30rem; table-layout: fixed; }
th { font-weight: 500; color: var(--soft); padding: .25rem; }
td { text-align: center; height: 2.5rem; border-radius: 4px; background: var(--card); }
td.right { background: rgb(var(--heat) / var(--share)); }
td.wrong { background: none; box-shadow: inset 0 0 0 2px var(--bad); color: var(--bad); font-weight: 600; }
td.none { color: var(--line); }
thead td { background: none; }
ul.digits { list-style: none; margin: 1.25rem 0 0; padding: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); }
.digit svg { border-radius: 6px; background: #fff; border: 1px solid var(--line); }
.digit span { display: block; font-size: .8125rem; line-height: 1.4; margin-top: .375rem; color: var(--soft); }
.digit b { color: var(--ink); font-weight: 600; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .8125rem; color: var(--soft); }
@media print { section { break-inside: avoid; } }
`;
