import { html, type Markup } from "@colaml/shared/charts/html";
import { linearScale, px } from "@colaml/shared/charts/svg-chart";
import { type TimePoint, timeChart } from "@colaml/shared/charts/time-chart";
import type { DriftLevel } from "@colaml/shared/contracts/monitor";
import type { CheckRecord } from "@colaml/shared/outputs/check-history";
import { utcText } from "./format";
import { card, empty } from "./parts";
import type { Reader } from "./reader";

/** Checks that a chart shows. */
const SHOWN = 60;
const WIDTH = 400;
const HEIGHT = 190;
const [LEFT, RIGHT, TOP, BOTTOM] = [10, 12, 12, 28];
const LEVELS: readonly (string | undefined)[] = ["none", "warning", "alert"] satisfies DriftLevel[];

const day = (iso: string, { language }: Reader) => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : utcText(date, language);
};

/** Accuracy with and without labels, and drift, of a model's latest checks; with none, how to make one. */
export function qualityCharts(
  reader: Reader,
  model: string,
  records: readonly CheckRecord[],
  threshold?: number,
): Markup {
  const { t } = reader;
  const checks = records.slice(-SHOWN);
  if (checks.length === 0)
    return card(t.quality, empty(t.noChecks, `cola monitor FILE --model ${model}`), { live: "quality" });
  return html`<div class="columns" id="charts" data-live>${card(t.quality, accuracyChart(reader, checks, threshold))}${card(t.drift, driftChart(reader, checks))}</div>`;
}

function accuracyChart(reader: Reader, checks: readonly CheckRecord[], threshold?: number): Markup {
  const { t } = reader;
  const points = checks.map(
    ({ at, modelVersion, accuracy, interval, estimated }): TimePoint => ({
      label: `${day(at, reader)} · v${modelVersion}`,
      ...(accuracy === undefined ? {} : { realised: accuracy }),
      ...(interval ? { interval } : {}),
      ...(estimated === undefined ? {} : { estimated }),
    }),
  );
  const bound =
    threshold === undefined ? undefined : html`<span><i class="bad"></i>${t.leastAccuracy}</span>`;
  return html`<div class="body chart"><p class="key"><span><i class="first"></i>${t.realised}</span><span><i class="second"></i>${t.estimated}</span>${bound}</p>${timeChart(points, t.qualityOf(checks.length), threshold)}</div>`;
}

/** A column per check, as high as the level that its drift has reached. */
function driftChart(reader: Reader, checks: readonly CheckRecord[]): Markup {
  const { t } = reader;
  const x = linearScale([0, checks.length], [LEFT, WIDTH - RIGHT]);
  const y = linearScale([0, LEVELS.length], [HEIGHT - BOTTOM, TOP]);
  const width = Math.min(26, ((WIDTH - LEFT - RIGHT) / checks.length) * 0.72);
  const columns = checks.map(({ at, modelVersion, driftLevel }, i) => {
    const known = LEVELS.indexOf(driftLevel);
    const name = known < 0 ? t.driftUnknown : t.levels[driftLevel as DriftLevel];
    const top = y(known < 0 ? 0.12 : known === 0 ? 0.4 : known + 1);
    const left = x(i + 0.5) - width / 2;
    return html`<rect class="lv-${known < 0 ? "unknown" : driftLevel}" x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(y(0) - top)}" rx="2"><title>${day(at, reader)} · v${modelVersion}: ${name}</title></rect>`;
  });
  const base = html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(0))}" y2="${px(y(0))}"/>`;
  const first = html`<text x="${LEFT}" y="${HEIGHT - 8}">${day(checks[0]!.at, reader)}</text>`;
  const last =
    checks.length > 1
      ? html`<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${day(checks.at(-1)!.at, reader)}</text>`
      : undefined;
  return html`<div class="body chart"><p class="key"><span><i class="good"></i>${t.levels.none}</span><span><i class="warn"></i>${t.levels.warning}</span><span><i class="bad"></i>${t.levels.alert}</span></p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${t.driftOf(checks.length)}">${base}${columns}${first}${last}</svg></div>`;
}
