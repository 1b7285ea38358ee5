import { html, type Markup, percent } from "./html";
import { linearScale, px } from "./svg-chart";

/** One place on the horizontal axis. */
export interface TimePoint {
  /** Below the axis; shown for the first and the last. */
  label: string;
  realised?: number;
  interval?: [number, number];
  estimated?: number;
}

/** Narrow, so that its text can be read on a phone that shows the whole of it. */
const WIDTH = 400;
const HEIGHT = 190;
const LEFT = 36;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 28;
const INTERVALS = 5;
/** Distances between grid lines that a person reads at a glance. */
const STEPS = [0.01, 0.02, 0.05, 0.1];

/** Accuracy over time or over rows: realised with its interval, estimated, and the least that passes. */
export function timeChart(points: readonly TimePoint[], title: string, bound?: number): Markup {
  const { low, step } = scaleOf(points, bound);
  const high = low + INTERVALS * step;
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  const x = points.length === 1 ? () => middle : linearScale([0, points.length - 1], [LEFT, WIDTH - RIGHT]);
  const y = linearScale([low, high], [HEIGHT - BOTTOM, TOP]);
  const ticks = Array.from({ length: INTERVALS + 1 }, (_, i) => low + i * step);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${ticks.map(
  (tick) =>
    html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(tick))}" y2="${px(y(tick))}"/><text x="${LEFT - 6}" y="${px(y(tick) + 4)}" text-anchor="end">${percent(tick, 0)}</text>`,
)}
${points.flatMap(({ interval }, i) =>
  interval
    ? [
        html`<rect class="band" x="${px(x(i) - 2.5)}" width="5" y="${px(y(interval[1]))}" height="${px(Math.max(1, y(interval[0]) - y(interval[1])))}"/>`,
      ]
    : [],
)}
${bound === undefined ? undefined : html`<line class="bound" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(bound))}" y2="${px(y(bound))}"/>`}
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
    return `${i === 0 || values[i - 1] === undefined ? "M" : "L"}${px(x(i))} ${px(y(value))}`;
  });
  const dots = values.flatMap((value, i) =>
    value === undefined
      ? []
      : [html`<circle class="${name}dot" cx="${px(x(i))}" cy="${px(y(value))}" r="2.5"/>`],
  );
  return html`<path class="${name}" d="${steps.join("")}"/>${dots}`;
}

/** Grid lines at whole steps, the closest that hold all values; none of them above 100%. */
function scaleOf(points: readonly TimePoint[], bound: number | undefined): { low: number; step: number } {
  const values = points.flatMap(({ realised, estimated, interval }) => [
    ...(realised === undefined ? [] : [realised]),
    ...(estimated === undefined ? [] : [estimated]),
    ...(interval ?? []),
  ]);
  if (bound !== undefined) values.push(bound);
  const [least, most] = [Math.min(...values, 1), Math.max(...values, 0)];
  for (const step of STEPS) {
    const below = Math.floor(least / step + 1e-9) * step;
    const low = Math.max(0, Math.min(below, 1 - INTERVALS * step));
    if (low + INTERVALS * step >= most - 1e-9) return { low, step };
  }
  return { low: 0, step: 1 / INTERVALS };
}
