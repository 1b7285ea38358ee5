import {
  escapeXml,
  label,
  line,
  linearScale,
  type Point,
  polyline,
  px,
  renderPage,
  type Scale,
  SERIES_COLOURS,
  shorten,
  ticksOf,
} from "@colaml/shared/charts/svg-chart";

export interface LineSeries {
  /** Shown in the legend. */
  name: string;
  points: readonly Point[];
  /** A dot at each point, for few points. */
  dots?: boolean;
}

export interface LinePlot {
  title: string;
  subtitle: string;
  xLabel: string;
  yLabel: string;
  xDomain: [number, number];
  yDomain: [number, number];
  series: readonly LineSeries[];
  /** A dashed line to compare with, e.g. the diagonal of a random guess. */
  guide?: { name: string; from: Point; to: Point };
  /** A dashed vertical line, e.g. the best iteration. */
  marker?: { name: string; x: number };
}

const WIDTH = 720;
const PLOT = { left: 74, right: 690, top: 78, bottom: 420 };
const LEGEND_ROW = 22;

/** A line plot as an SVG document: axes with names and ticks, a legend under it. */
export function renderLinePlot(plot: LinePlot): string {
  const x = linearScale(plot.xDomain, [PLOT.left, PLOT.right]);
  const y = linearScale(plot.yDomain, [PLOT.bottom, PLOT.top]);
  const marks = [...axes(plot, x, y), ...guides(plot, x, y)];
  plot.series.forEach((series, i) => {
    marks.push(polyline(series.points, x, y, `s${i % SERIES_COLOURS}`));
    if (series.dots) marks.push(...dots(series, i, x, y));
  });
  const legend = legendOf(plot);
  return renderPage({
    title: plot.title,
    subtitle: plot.subtitle,
    width: WIDTH,
    height: PLOT.bottom + 70 + LEGEND_ROW * Math.ceil(legend.length / 2),
    marks: [...marks, ...legend.map(drawLegend)],
  });
}

function axes(plot: LinePlot, x: Scale, y: Scale): string[] {
  const marks: string[] = [];
  for (const tick of ticksOf(plot.yDomain, 6)) {
    marks.push(line(PLOT.left, y(tick), PLOT.right, y(tick), "grid"));
    marks.push(label(PLOT.left - 8, y(tick) + 4, String(tick), { anchor: "end", className: "muted small" }));
  }
  for (const tick of ticksOf(plot.xDomain, 8)) {
    marks.push(line(x(tick), PLOT.bottom, x(tick), PLOT.bottom + 5, "axis"));
    marks.push(
      label(x(tick), PLOT.bottom + 19, String(tick), { anchor: "middle", className: "muted small" }),
    );
  }
  marks.push(line(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, "axis"));
  const middle = (PLOT.left + PLOT.right) / 2;
  marks.push(label(middle, PLOT.bottom + 40, plot.xLabel, { anchor: "middle" }));
  marks.push(label(22, (PLOT.top + PLOT.bottom) / 2, plot.yLabel, { anchor: "middle", rotate: -90 }));
  return marks;
}

function guides({ guide, marker }: LinePlot, x: Scale, y: Scale): string[] {
  const marks: string[] = [];
  if (guide) marks.push(line(x(guide.from.x), y(guide.from.y), x(guide.to.x), y(guide.to.y), "guide"));
  if (marker) {
    marks.push(line(x(marker.x), PLOT.top, x(marker.x), PLOT.bottom, "guide"));
    const left = x(marker.x) > (PLOT.left + PLOT.right) / 2;
    marks.push(
      label(x(marker.x) + (left ? -6 : 6), PLOT.top + 12, marker.name, {
        anchor: left ? "end" : "start",
        className: "muted small",
      }),
    );
  }
  return marks;
}

function dots(series: LineSeries, i: number, x: Scale, y: Scale): string[] {
  return series.points.map(
    (point) =>
      `<circle class="f${i % SERIES_COLOURS}" cx="${px(x(point.x))}" cy="${px(y(point.y))}" r="4"><title>${escapeXml(`${series.name}: ${point.x}, ${point.y}`)}</title></circle>`,
  );
}

interface LegendEntry {
  name: string;
  className: string;
}

function legendOf({ series, guide }: LinePlot): LegendEntry[] {
  const entries = series.map(({ name }, i) => ({ name, className: `line s${i % SERIES_COLOURS}` }));
  return guide ? [...entries, { name: guide.name, className: "guide" }] : entries;
}

function drawLegend({ name, className }: LegendEntry, i: number): string {
  const x = PLOT.left + (i % 2) * 310;
  const y = PLOT.bottom + 68 + LEGEND_ROW * Math.floor(i / 2);
  return line(x, y - 4, x + 26, y - 4, className) + label(x + 34, y, shorten(name, 42));
}
