/** Style sheet of the reports. */
export const REPORT_CSS = `
:root {
  --bg: #eef0f3; --panel: #fff; --line: #dfe3e8; --ink: #1b2027; --soft: #5b6673; --shade: rgb(0 0 0 / 30%); --held: #0b7a75; --failed: #b34a05;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  color: var(--ink); background: var(--bg);
}
@media (prefers-color-scheme: dark) {
  :root { --bg: #101317; --panel: #181c22; --line: #2a313a; --ink: #e8ecf1; --soft: #98a4b3; --shade: rgb(0 0 0 / 80%); --held: #2dd4bf; --failed: #fb923c; }
}
* { box-sizing: border-box; margin: 0; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px; display: grid; gap: 20px; grid-template-columns: minmax(0, 1fr); }
header { padding: 8px 4px; display: grid; gap: 10px; }
h1 { font-size: 14px; font-weight: 600; color: var(--soft); overflow-wrap: anywhere; }
h2 { font-size: 17px; font-weight: 650; margin-bottom: 10px; }
h3 { font-size: 14px; font-weight: 600; overflow-wrap: anywhere; }
.verdict { font-size: 24px; line-height: 1.35; font-weight: 600; max-width: 42em; overflow-wrap: break-word; text-wrap: pretty; }
.claims { padding-left: 1.2em; max-width: 60em; }
.soft, small, figcaption { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px 20px; }
section > .soft { max-width: 60em; margin: 0 0 12px; }
section > * + .soft { margin-top: 10px; }
section > .soft:last-child { margin-bottom: 0; }
.scroll {
  overflow-x: auto;
  background: linear-gradient(90deg, transparent, var(--panel) 70%) right / 48px 100% no-repeat local,
    radial-gradient(farthest-side at 100% 50%, var(--shade), transparent) right / 18px 100% no-repeat scroll;
}
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px 7px 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
thead th, tbody th { white-space: normal; }
thead th { color: var(--soft); font-size: 13px; font-weight: 500; vertical-align: bottom; }
tbody th { font-weight: 600; }
tbody th small { display: block; font-weight: 400; min-width: 10em; max-width: 26em; }
tbody tr:last-child > * { border-bottom: 0; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; }
.dense td small { display: block; }
.dense :is(th, td):not(:last-child) { padding-right: 10px; }
.scroll table > * > tr > :first-child { position: sticky; left: 0; background: var(--panel); }
.plot { overflow: hidden; }
.plot svg { display: block; max-width: 100%; height: auto; }
.narrow { display: none; }
.columns { display: grid; gap: 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }
.held { color: var(--held); font-weight: 600; }
.failed { color: var(--failed); font-weight: 600; }
.interval { display: block; width: 150px; height: 14px; }
.examples { display: grid; gap: 22px 28px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); }
.example { display: grid; gap: 8px; align-content: start; }
.pictures { display: grid; gap: 6px; }
.pictures img, .pictures svg { display: block; width: 100%; height: auto; border-radius: 6px; }
.example ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 14px; }
.target > h3 { margin: 18px 0 8px; }
.prose { white-space: normal; min-width: 16em; }
.heat td { text-align: right; border-bottom: 2px solid var(--panel); border-left: 2px solid var(--panel); padding: 5px 7px; }
.heat thead th { text-align: right; padding: 6px 7px; min-width: 4.6em; }
.heat thead th:first-child, .heat tbody th { padding-left: 0; }
.heat thead th small { display: block; }
.heat thead th:first-child { text-align: left; }
.heat td small { display: block; color: inherit; opacity: .75; white-space: normal; }
.heat tbody th { min-width: 7em; padding: 5px 7px 5px 0; }
.scene { display: grid; gap: 12px; grid-template-columns: minmax(120px, 180px) minmax(0, 1fr); margin-bottom: 18px; }
.scene > figure img { display: block; width: 100%; height: auto; border-radius: 6px; }
.maps { display: grid; gap: 10px; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); align-content: start; }
.maps svg { display: block; width: 100%; height: auto; border-radius: 6px; }
.maps figcaption { line-height: 1.35; margin-top: 3px; }
.gaps li { overflow-wrap: anywhere; }
.gaps { padding-left: 1.2em; font-size: 14px; }
.scale { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-top: 16px; font-size: 13px; color: var(--soft); }
.scale i { width: 160px; height: 10px; border-radius: 5px; }
pre { background: var(--bg); border-radius: 8px; padding: 10px 14px; margin-bottom: 14px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
dl { display: grid; gap: 6px 28px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); font-size: 14px; }
dl div { display: grid; grid-template-columns: 10em minmax(0, 1fr); gap: 8px; }
dt { color: var(--soft); }
dt, dd { overflow-wrap: anywhere; }
.arms { grid-template-columns: 1fr; gap: 3px; }
details summary { cursor: pointer; color: var(--soft); font-size: 13px; margin-top: 12px; }
@media (max-width: 620px) {
  main { padding: 16px 10px 40px; gap: 14px; }
  section { padding: 14px 14px 16px; }
  .verdict { font-size: 19px; }
  .wide { display: none; }
  .narrow { display: block; }
  table { font-size: 13px; }
  td small { display: block; font-size: 12px; }
  td:not(.number) { white-space: normal; }
  th, td { padding-right: 8px; }
  .scene { grid-template-columns: 1fr; }
  .scene > figure { max-width: 200px; }
  .maps { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px; }
  td:has(.interval), .interval { display: none; }
  tbody th small { min-width: 8em; max-width: 11em; }
}
@media print {
  :root { --bg: #fff; --panel: #fff; --line: #ccc; --ink: #000; --soft: #444; --held: #0b7a75; --failed: #b34a05; font-size: 12px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; gap: 10px; }
  section { border: 0; padding: 6px 0; }
  table { font-size: 10px; }
  small { font-size: 9px; }
  th, td { padding: 4px 7px 4px 0; }
  .scroll { overflow: visible; background: none; }
  .interval { width: 100px; }
  .examples { grid-template-columns: 1fr 1fr; }
  tr, figure, .example { break-inside: avoid; }
  h2 { break-after: avoid; }
  pre { border: 1px solid var(--line); }
  .wide { display: block; }
  .narrow { display: none; }
}
`;
