"""How the page looks: on a screen, on a phone, on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; --ink: #17212b; --soft: #53626f; --line: #dde4ea; --blue: #0072B2;
  --ground: #f3f6f8; --red: #B34700; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 4rem; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
header, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; }
header p { margin: 0; color: var(--soft); }
h1 { font-size: clamp(1.7rem, 4.2vw, 2.75rem); line-height: 1.15; margin: .3rem 0 .8rem;
  letter-spacing: -.02em; max-width: 26em; text-wrap: balance; }
nav { position: sticky; top: 0; z-index: 2; background: rgba(243, 246, 248, .96);
  border-bottom: 1px solid var(--line); margin-top: 24px; }
nav ul { max-width: 1120px; margin: 0 auto; padding: 10px 24px; display: flex; gap: 4px 18px;
  list-style: none; overflow-x: auto; white-space: nowrap; }
nav a { color: var(--blue); text-decoration: none; font-size: .92rem; }
nav a:hover, nav a:focus { text-decoration: underline; }
section { background: #fff; border: 1px solid var(--line); border-radius: 14px; margin: 26px 0;
  padding: 28px 32px 30px; }
h2 { font-size: 1.5rem; letter-spacing: -.01em; margin: 0 0 .4rem; }
h3 { font-size: 1.02rem; margin: 0 0 .15rem; }
.lead { font-size: 1.08rem; max-width: 46em; margin: 0 0 .5rem; }
.more { color: var(--soft); max-width: 50em; margin: 0 0 .4rem; }
.caption { color: var(--soft); margin: 0 0 .9rem; max-width: 50em; }
figure, .tabled { margin: 30px 0 0; }
.picture { width: 100%; min-height: 60px; overflow: hidden; }
.picture svg { max-width: 100%; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px;
  margin: 22px 0 0; }
.tile { background: #fff; border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px; }
.tile b { display: block; font-size: 1.85rem; letter-spacing: -.02em; line-height: 1.2; }
.tile span { color: var(--soft); font-size: .88rem; display: block; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 225px), 1fr));
  gap: 16px; margin-top: 22px; }
.card { border: 1px solid var(--line); border-top: 5px solid var(--blue); border-radius: 12px;
  padding: 18px 20px; }
.card p { margin: .4rem 0 .9rem; font-size: .95rem; color: #33424f; }
.share { display: grid; grid-template-columns: 1fr auto; gap: 1px 8px; margin-top: 7px;
  font-size: .85rem; color: var(--soft); }
.share b { color: var(--ink); font-weight: 600; }
.bar { grid-column: 1 / -1; background: #e9eef2; border-radius: 4px; height: 9px;
  overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--blue); border-radius: 4px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; width: 100%;
  font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: .84rem;
  vertical-align: bottom; }
th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid #e9eef2; }
td { vertical-align: top; }
td.d { white-space: nowrap; }
td.id { min-width: 5em; }
td.n, th.n { text-align: right; white-space: nowrap; }
td.id { overflow-wrap: anywhere; max-width: 18em; font-weight: 600; }
tbody tr:hover { background: #f7fafc; }
.wide { min-width: 46rem; }
details { margin-top: 8px; font-size: .9rem; }
summary { color: var(--blue); cursor: pointer; width: max-content; max-width: 100%; }
details .scroll { max-height: 340px; overflow: auto; margin-top: 8px; }
footer { color: var(--soft); font-size: .88rem; padding-bottom: 48px; }
.waits { color: var(--soft); font-size: .9rem; }
.drawn .waits { display: none; }
#vg-tooltip-element { font: 13px system-ui, sans-serif !important; }
@media (max-width: 640px) {
  header, main, footer, nav ul { padding-left: 14px; padding-right: 14px; }
  section { padding: 20px 16px 22px; border-radius: 10px; }
  .tile b { font-size: 1.5rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
}
@media print {
  @page { margin: 14mm; }
  body { background: #fff; font-size: 11pt; }
  nav, details { display: none; }
  section { border: 0; padding: 0; margin: 18pt 0; }
  figure, .tile, .card, tr, h2, h3 { break-inside: avoid; }
  h2, h3, .lead, .caption { break-after: avoid; }
  .picture svg { width: 100% !important; height: auto !important; }
  .scroll, .picture { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
