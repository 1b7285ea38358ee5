import { escapeMarkup } from "./escape-markup";

/** The drawing every plot shares: one page, scales, axes, lines and bars, as SVG text without dependencies. */

export interface Point {
  x: number;
  y: number;
}

/** A plot's page: `marks` is drawn in pixels, the origin at the top left. */
export interface ChartPage {
  title: string;
  /** One line under the title: what is shown and of how many rows. */
  subtitle: string;
  width: number;
  height: number;
  marks: string[];
}

/** Colours of one scheme; the names are the CSS classes that marks use. */
const STYLE = `
  .page{fill:#fff}.ink{fill:#1d2330}.muted{fill:#5b6576}.grid{stroke:#e3e7ee}.axis{stroke:#8a94a6}
  .s0{stroke:#1f5fd0}.s1{stroke:#c2570c}.s2{stroke:#0f7b5f}.s3{stroke:#8b3fb3}.s4{stroke:#a3194d}.s5{stroke:#47691f}
  .f0{fill:#1f5fd0}.f1{fill:#c2570c}.f2{fill:#0f7b5f}.f3{fill:#8b3fb3}.f4{fill:#a3194d}.f5{fill:#47691f}
  .soft{fill:#1f5fd0;fill-opacity:.16}.guide{stroke:#8a94a6;stroke-dasharray:5 5}
  text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;font-size:13px}
  .title{font-size:18px;font-weight:600}.strong{font-weight:600}.small{font-size:12px}.line{fill:none;stroke-width:2.2}
  @media (prefers-color-scheme:dark){
  .page{fill:#14181f}.ink{fill:#e8ebf1}.muted{fill:#a3adbd}.grid{stroke:#2a313c}.axis{stroke:#6d7788}
  .s0{stroke:#7db0ff}.s1{stroke:#ffa561}.s2{stroke:#4fd1a5}.s3{stroke:#d39bf5}.s4{stroke:#ff8db0}.s5{stroke:#b4d97c}
  .f0{fill:#7db0ff}.f1{fill:#ffa561}.f2{fill:#4fd1a5}.f3{fill:#d39bf5}.f4{fill:#ff8db0}.f5{fill:#b4d97c}
  .soft{fill:#7db0ff;fill-opacity:.2}.guide{stroke:#6d7788}}`;

/** Series colours there are; more series begin again. */
export const SERIES_COLOURS = 6;

/** Text for SVG: escaped; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return escapeMarkup(text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "\uFFFD"));
}

/** At most `length` characters of a text, an ellipsis for the rest. */
export function shorten(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** The whole SVG document of a page. */
export function renderPage({ title, subtitle, width, height, marks }: ChartPage): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escapeXml(title)}</title><desc id="d">${escapeXml(subtitle)}</desc>`,
    `<style>${STYLE}\n</style><rect class="page" width="${width}" height="${height}"/>`,
    label(24, 32, title, { className: "ink title" }),
    label(24, 54, subtitle, { className: "muted" }),
    ...marks,
    "</svg>\n",
  ].join("\n");
}

export interface LabelOptions {
  anchor?: "start" | "middle" | "end";
  className?: string;
  /** Degrees clockwise around the label's own position. */
  rotate?: number;
}

/** A text whose baseline is at y. */
export function label(x: number, y: number, text: string, options: LabelOptions = {}): string {
  const { anchor = "start", className = "ink", rotate } = options;
  const turn = rotate === undefined ? "" : ` transform="rotate(${rotate} ${px(x)} ${px(y)})"`;
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}" class="${className}"${turn}>${escapeXml(text)}</text>`;
}

/** A pixel position with at most two decimals: sharp enough, and small files. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Maps a domain on pixels, linearly. */
export type Scale = ((value: number) => number) & { domain: [number, number] };

export function linearScale(domain: [number, number], pixels: [number, number]): Scale {
  const [from, to] = domain;
  const span = to - from || 1;
  const scale = (value: number) => pixels[0] + ((value - from) / span) * (pixels[1] - pixels[0]);
  return Object.assign(scale, { domain });
}

/**
 * Round values (1, 2 or 5 times a power of ten apart) that lie in the domain.
 * @example ticksOf([0, 1], 5) // [0, 0.2, 0.4, 0.6, 0.8, 1]
 */
export function ticksOf([from, to]: [number, number], about: number): number[] {
  const span = to - from;
  if (!(span > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(span / about));
  const step = power * ([1, 2, 5, 10].find((m) => span / (m * power) <= about) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A polyline without the points that would fall on the pixel of the one before: 300,000 points become hundreds. */
export function polyline(points: readonly Point[], x: Scale, y: Scale, className: string): string {
  const path: string[] = [];
  let lastX = Number.NaN;
  let lastY = Number.NaN;
  points.forEach((point, i) => {
    const atX = x(point.x);
    const atY = y(point.y);
    if (!Number.isFinite(atX) || !Number.isFinite(atY)) return;
    const far = Math.abs(atX - lastX) + Math.abs(atY - lastY) >= 0.7;
    if (i > 0 && i < points.length - 1 && !far) return;
    path.push(`${px(atX)},${px(atY)}`);
    lastX = atX;
    lastY = atY;
  });
  return `<polyline class="line ${className}" points="${path.join(" ")}"/>`;
}

/** A straight line in pixels. */
export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line class="${className}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;
}

/** A box in pixels with a tooltip. */
export function box(
  at: { x: number; y: number; width: number; height: number; opacity?: number },
  className: string,
  tooltip: string,
): string {
  const fade = at.opacity === undefined ? "" : ` fill-opacity="${px(at.opacity)}"`;
  return `<rect class="${className}"${fade} x="${px(at.x)}" y="${px(at.y)}" width="${px(Math.max(0, at.width))}" height="${px(Math.max(0, at.height))}"><title>${escapeXml(tooltip)}</title></rect>`;
}
