import { html, type Markup, percent } from "./html";

/** One place on the horizontal axis. */
export interface TimePoint {
  /** Below the axis; shown for the first and the last. */
  label: string;
  realised?: number;
  interval?: [number, number];
  estimated?: number;
}

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 46;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 28;

/** Accuracy over time or over rows: realised with its interval, estimated, and the least that passes. */
export function timeChart(points: readonly TimePoint[], title: string, bound?: number): Markup {
  const [low, high] = rangeOf(points, bound);
  const x = (i: number) =>
    points.length === 1
      ? (LEFT + WIDTH - RIGHT) / 2
      : LEFT + (i / (points.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const ticks = [0, 1, 2, 3, 4].map((i) => low + (i / 4) * (high - low));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${ticks.map(
  (tick) =>
    html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${r(y(tick))}" y2="${r(y(tick))}"/><text x="${LEFT - 6}" y="${r(y(tick) + 4)}" text-anchor="end">${percent(tick, 0)}</text>`,
)}
${points.flatMap(({ interval }, i) =>
  interval
    ? [
        html`<rect class="band" x="${r(x(i) - 3)}" width="6" y="${r(y(interval[1]))}" height="${r(Math.max(1, y(interval[0]) - y(interval[1])))}"/>`,
      ]
    : [],
)}
${bound === undefined ? undefined : html`<line class="bound" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${r(y(bound))}" y2="${r(y(bound))}"/>`}
${series(
  points.map(({ estimated }) => estimated),
  x,
  y,
  "second",
)}
${series(
  points.map(({ realised }) => realised),
  x,
  y,
  "first",
)}
<text x="${LEFT}" y="${HEIGHT - 8}">${points[0]?.label}</text>
${points.length > 1 ? html`<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${points.at(-1)!.label}</text>` : undefined}
</svg>`;
}

/** A line through neighbouring values, and a dot at each: a missing value breaks the line. */
function series(
  values: readonly (number | undefined)[],
  x: (i: number) => number,
  y: (value: number) => number,
  name: "first" | "second",
): Markup {
  const steps = values.map((value, i) => {
    if (value === undefined) return "";
    return `${i === 0 || values[i - 1] === undefined ? "M" : "L"}${r(x(i))} ${r(y(value))}`;
  });
  const dots = values.flatMap((value, i) =>
    value === undefined ? [] : [html`<circle class="${name}dot" cx="${r(x(i))}" cy="${r(y(value))}" r="3"/>`],
  );
  return html`<path class="${name}" d="${steps.join("")}"/>${dots}`;
}

/** Whole steps of 5% around all values. */
function rangeOf(points: readonly TimePoint[], bound: number | undefined): [number, number] {
  const values = points.flatMap(({ realised, estimated, interval }) => [
    ...(realised === undefined ? [] : [realised]),
    ...(estimated === undefined ? [] : [estimated]),
    ...(interval ?? []),
  ]);
  if (bound !== undefined) values.push(bound);
  const low = Math.max(0, Math.floor(Math.min(...values, 1) * 20 - 0.2) / 20);
  const high = Math.min(1, Math.ceil(Math.max(...values, 0) * 20 + 0.2) / 20);
  return high - low < 0.05 ? [Math.max(0, high - 0.2), high] : [low, high];
}

const r = (value: number) => Number(value.toFixed(1));
