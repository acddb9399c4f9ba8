"""How a report looks: on paper, in light and dark, on wide and narrow screens. Nothing is fetched."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --page: #fff; --line: #d0d7de;
  --pale: #f4f6f8; --a: #0b62c4; --b: #b35900; --c: #1a7f37; --d: #8250df; --e: #c2255c; --f: #0f7b8a;
  --shade: 11, 98, 196; --green: 46, 160, 67; --red: 218, 54, 51; --amber: 201, 120, 0 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --page: #0d1117;
  --line: #3a424c; --pale: #171d25; --a: #6cb0ff; --b: #ffa657; --c: #56d364; --d: #d2a8ff; --e: #ff7eb6;
  --f: #56d4dd; --shade: 88, 156, 255 } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --page: #fff; --line: #bbb;
  --pale: #fff; --a: #0b62c4; --b: #b35900; --c: #1a7f37; --d: #8250df; --e: #c2255c; --f: #0f7b8a;
  --shade: 11, 98, 196 } * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
  .wide { overflow: visible } figure, tr, .sample { break-inside: avoid } h2, h3 { break-after: avoid } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 1rem 1rem 3rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei" }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; overflow-wrap: anywhere }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.6rem; padding-bottom: 0.2rem;
  border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.3rem 0 0.4rem; overflow-wrap: anywhere }
p { margin: 0.4rem 0; overflow-wrap: anywhere } .soft, figcaption, caption { color: var(--soft) }
caption { text-align: left; padding-bottom: 0.3rem } figcaption { font-size: 0.9rem }
.note { border-left: 0.25rem solid var(--b); padding: 0.3rem 0.8rem; background: var(--pale) }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0.5rem 0 }
a { color: var(--a) }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere }
.wide { overflow-x: auto; margin: 0.5rem 0 1rem } .wide:focus { outline: 2px solid var(--a) }
table { border-collapse: collapse; font-size: 0.93rem }
th, td { padding: 0.2rem 0.5rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top }
th { font-weight: 600 } td.n, th.n {
   text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr.best td, tr.best th, tr.changed td, tr.changed th { background: rgba(var(--shade), 0.13) }
table.matrix td { text-align: center; min-width: 2.6rem; font-variant-numeric: tabular-nums;
  border: 1px solid var(--line) }
table.matrix th { border: 0 } table.attention td { min-width: 1.5rem; height: 1.5rem; padding: 0 }
table.tall thead th + th { writing-mode: vertical-rl; padding: 0.3rem 0; text-align: right }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem }
figure { margin: 0.5rem 0; min-width: 0 } svg { display: block; width: 100%; height: auto; max-width: 40rem }
svg text { fill: var(--ink); font-size: 13px } svg .axis { stroke: var(--soft) }
svg .grid { stroke: var(--line); stroke-width: 0.7 } svg .mark { stroke: var(--soft); stroke-dasharray: 4 3 }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round }
.a { stroke: var(--a) } .b { stroke: var(--b) } .c { stroke: var(--c) } .d { stroke: var(--d) }
.e { stroke: var(--e) } .f { stroke: var(--f) }
circle.a { fill: var(--a) } circle.b { fill: var(--b) } circle.c { fill: var(--c) }
circle.d { fill: var(--d) } circle.e { fill: var(--e) } circle.f { fill: var(--f) }
.key { display: inline-block; width: 1.4em; height: 0; border-top: 3px solid; vertical-align: middle;
  margin: 0 0.4em 0 0.8em }
.key.a { color: var(--a) } .key.b { color: var(--b) } .key.c { color: var(--c) } .key.d { color: var(--d) }
.key.e { color: var(--e) } .key.f { color: var(--f) }
.bar { display: inline-block; height: 0.7em; background: var(--a); vertical-align: baseline; min-width: 1px }
td.bars { min-width: 8rem; width: 40% }
.sample { margin: 0.7rem 0; padding: 0.5rem 0.9rem; background: var(--pale); border-radius: 0.3rem;
  border: 1px solid var(--line) }
.text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.05rem; line-height: 1.9 }
.text span { border-radius: 0.2em; padding: 0.1em 0 } .text .type { font-size: 0.72em; color: var(--soft);
  padding: 0 0.25em } .span { background: rgba(var(--shade), 0.18); box-shadow: 0 2px 0 var(--a) }
.missed { box-shadow: 0 2px 0 var(--e) } dl { margin: 0.3rem 0; display: grid;
  grid-template-columns: minmax(5.5rem, max-content) 1fr; gap: 0.1rem 0.9rem } dt { color: var(--soft) }
dd { margin: 0; min-width: 0;
  overflow-wrap: anywhere } details { margin: 0.5rem 0 } summary { cursor: pointer }
""".strip()
