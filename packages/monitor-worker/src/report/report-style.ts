/** The report's style sheet: one column on a phone, light and dark by the reader's setting. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--bg:#fff;--card:#f6f7f9;--ink:#1b1f24;--dim:#5b6570;--line:#d6dae0;
--good:#15803d;--warn:#b45309;--bad:#b91c1c;--accent:#2563eb;--second:#9333ea;--good-bg:#e7f6ec;--warn-bg:#fdf2df;--bad-bg:#fdeaea}
@media(prefers-color-scheme:dark){:root{--bg:#0f1318;--card:#181e25;--ink:#e7ebf0;--dim:#9aa6b2;--line:#313a44;
--good:#4ade80;--warn:#fbbf24;--bad:#f87171;--accent:#7aa8ff;--second:#c99bff;--good-bg:#10281a;--warn-bg:#2d2310;--bad-bg:#331618}}
*{box-sizing:border-box}
body{margin:0;overflow-wrap:anywhere;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1rem}
h1{font-size:1.15rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.25rem 0 .75rem}.dim{color:var(--dim)}.small{font-size:.875rem}
.verdict{border-left:.4rem solid;border-radius:.5rem;padding:1rem;margin:0 0 1rem}
.verdict strong{display:block;font-size:1.6rem;line-height:1.2}
.pass{border-color:var(--good);background:var(--good-bg)}.pass strong{color:var(--good)}
.fail{border-color:var(--bad);background:var(--bad-bg)}.fail strong{color:var(--bad)}
.unsure{border-color:var(--warn);background:var(--warn-bg)}.unsure strong{color:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(max(8.5rem,22%),1fr));gap:.6rem}
.tile{background:var(--card);border-radius:.5rem;padding:.7rem .8rem}
.tile b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;overflow-wrap:break-word;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--dim);font-weight:600}td.n,th.n{text-align:right}td.n{white-space:nowrap}
.list{list-style:none;margin:0;padding:0;font-size:.9rem}.list li{padding:.4rem .6rem;border-bottom:1px solid var(--line)}
.tag{display:inline-block;border-radius:1rem;padding:0 .6rem;font-size:.8rem;font-weight:600;white-space:nowrap}
.tag.pass,.tag.none{color:var(--good);background:var(--good-bg)}.tag.fail,.tag.alert{color:var(--bad);background:var(--bad-bg)}
.tag.unsure,.tag.warn,.tag.warning{color:var(--warn);background:var(--warn-bg)}
svg{display:block;width:100%;max-width:36rem;height:auto}svg text{fill:var(--dim);font:11px system-ui,sans-serif}
svg .ink{fill:var(--ink)}svg .grid{stroke:var(--line);stroke-width:1}
svg .bound{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 4}
svg .first{stroke:var(--accent);fill:none;stroke-width:2}svg .firstdot{fill:var(--accent)}svg .band{fill:var(--accent);opacity:.25}
svg .second{stroke:var(--second);fill:none;stroke-width:2;stroke-dasharray:3 3}svg .seconddot{fill:var(--second)}
svg .rose{fill:var(--accent)}svg .fell{fill:var(--second)}svg .fade{opacity:.4}
.key span{margin-right:1.2rem;white-space:nowrap}.key i{display:inline-block;width:1.1rem;height:.2rem;vertical-align:middle;margin-right:.4rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}
@media(max-width:30rem){main{padding:.75rem}th,td,.list li{padding:.4rem .3rem}}
footer{margin:2rem 0 1rem;border-top:1px solid var(--line);padding-top:.75rem}
`;
