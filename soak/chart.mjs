// The page of a run: a small chart per series, those that fail first; the same as a table for the terminal.
import { escapeMarkup } from "@colaml/shared/charts/escape-markup";
import { linearScale, polyline, px, ticksOf } from "@colaml/shared/charts/svg-chart";

const WIDTH = 420;
const HEIGHT = 170;
const PLOT = { left: 56, right: 24, top: 30, bottom: 26 };

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2330;--muted:#5b6576;--grid:#e3e7ee;--line:#1f5fd0;--trend:#0f7b5f;--bad:#b3261e;--page:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebf1;--muted:#a3adbd;--grid:#2a313c;--line:#7db0ff;--trend:#4fd1a5;--bad:#ff8a80;--page:#14181f}}
body{font:14px system-ui,sans-serif;color:var(--ink);background:var(--page);margin:24px;max-width:1320px}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(${WIDTH}px,1fr));gap:12px}
svg{width:100%;height:auto}text{fill:var(--muted);font:11px system-ui,sans-serif}.name{fill:var(--ink);font-size:13px;font-weight:600}
.fails .name{fill:var(--bad)}.grid{stroke:var(--grid)}.warm{fill:var(--grid);opacity:.5}
.line{fill:none;stroke:var(--line);stroke-width:1.6}.trend{stroke:var(--trend);stroke-width:2;stroke-dasharray:6 4}.fails .trend{stroke:var(--bad)}
table{border-collapse:collapse;margin-top:24px}td,th{padding:2px 12px 2px 0;text-align:right}td:first-child,th:first-child{text-align:left}`;

/** Three digits, and no exponent. */
function short(value) {
  if (value === undefined || !Number.isFinite(value)) return "";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

const perHour = ({ slope }) => (slope === undefined ? "" : `${slope < 0 ? "" : "+"}${short(slope)}/h`);

/** One series as SVG. @param series `{name, points: {minutes, value}[], verdict}` */
function plot({ name, points, verdict }, { minutes, warmUp }) {
  const highest = Math.max(...points.map(({ value }) => value), 0) * 1.08 || 1;
  const x = linearScale([0, minutes], [PLOT.left, WIDTH - PLOT.right]);
  const y = linearScale([0, highest], [HEIGHT - PLOT.bottom, PLOT.top]);
  const across = ticksOf([0, highest], 4).map(
    (tick) =>
      `<line class="grid" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${px(y(tick))}" y2="${px(y(tick))}"/><text x="${PLOT.left - 6}" y="${px(y(tick) + 4)}" text-anchor="end">${short(tick)}</text>`,
  );
  const along = ticksOf([0, minutes], 6).map(
    (tick) =>
      `<text x="${px(x(tick))}" y="${HEIGHT - 8}" text-anchor="middle">${Number(tick.toFixed(1))} min</text>`,
  );
  const allowed = verdict.limit === undefined ? "" : ` (allowed ${short(verdict.limit)})`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" class="${verdict.fails ? "fails" : "holds"}" aria-label="${escapeMarkup(`${name}: ${perHour(verdict)}`)}">
<rect class="warm" x="${PLOT.left}" y="${PLOT.top}" width="${px(x(warmUp) - PLOT.left)}" height="${HEIGHT - PLOT.top - PLOT.bottom}"/>
${across.join("")}${along.join("")}
<text class="name" x="8" y="18">${escapeMarkup(name)}</text><text x="${WIDTH - PLOT.right}" y="18" text-anchor="end">${perHour(verdict)}${allowed}</text>
${polyline(
  points.map(({ minutes: at, value }) => ({ x: at, y: value })),
  x,
  y,
  "line",
)}${trend(verdict, x, y, { minutes, warmUp })}</svg>`;
}

/** The slope through the middle of the judged part. */
function trend({ slope, from, to }, x, y, { minutes, warmUp }) {
  if (slope === undefined) return "";
  const middle = (from + to) / 2;
  const reach = (slope * (minutes - warmUp)) / 60 / 2;
  return `<line class="trend" x1="${px(x(warmUp))}" x2="${px(x(minutes))}" y1="${px(y(middle - reach))}" y2="${px(y(middle + reach))}"/>`;
}

const COLUMNS = ["series", "from", "to", "peak", "per hour", "95% from", "to", "allowed", ""];

function rowOf({ name, verdict }) {
  const { from, to, peak, slope, low, high, limit, fails } = verdict;
  return [name, ...[from, to, peak, slope, low, high, limit].map(short), fails ? "FAILS" : ""];
}

const failsFirst = (series) => [...series].sort((a, b) => Number(b.verdict.fails) - Number(a.verdict.fails));

/** The whole page. @param doors counts by door */
export function pageOf(series, { minutes, warmUp, doors }) {
  const times = { minutes, warmUp };
  const cells = (tag, row) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join("")}</tr>`;
  const load = Object.entries(doors).map(([name, { done, failed, reason }]) => [
    name,
    String(done),
    String(failed),
    reason ?? "",
  ]);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Soak test</title><style>${STYLE}</style>
<h1>Soak test: ${short(minutes)} minutes</h1>
<p>Memory and disk in MB. Shaded: the warm-up, which is not judged. Dashed: the slope (Theil-Sen).</p>
<main>${failsFirst(series)
    .map((one) => plot(one, times))
    .join("\n")}</main>
<table>${cells("th", COLUMNS)}${series.map((one) => cells("td", rowOf(one))).join("\n")}</table>
<table>${cells("th", ["door", "done", "failed", "last failure"])}${load.map((row) => cells("td", row)).join("\n")}</table></html>
`;
}

/** The table for a terminal. */
export function tableOf(series) {
  const rows = [COLUMNS, ...series.map(rowOf)];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
