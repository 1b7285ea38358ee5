import { html, type Markup, percent } from "@colaml/shared/charts/html";
import { type TimePoint, timeChart } from "@colaml/shared/charts/time-chart";
import type { CheckStatus, DriftResult, MonitorResult, QualityCheck } from "@colaml/shared/contracts/monitor";
import { METRICS, QUALITY_METRICS, type QualityMetric } from "@colaml/shared/metrics/metric-table";
import type { CheckRecord } from "@colaml/shared/outputs/check-history";
import { type ReportMaker, reportMark } from "@colaml/shared/outputs/report-output";
import { SMALL_PSI } from "../drift/drift-result";
import type { Segment } from "../quality/quality-segments";
import type { MistakeExample } from "../rows/masked-example";
import { wilsonInterval } from "../statistics/wilson-interval";
import { REPORT_STYLE } from "./report-style";
import { wordChart } from "./word-chart";

/** All that the report shows. */
export interface ReportData {
  result: Omit<MonitorResult, "report" | "runId" | "seconds">;
  at: Date;
  /** Which job or schedule the report is of. */
  maker: ReportMaker;
  source: string;
  classes: readonly string[];
  /** One row per class, and a last one for labels that are not a class of the model. */
  confusion: readonly (readonly number[])[];
  segments: readonly Segment[];
  /** Earlier checks and this one, oldest first. */
  history: readonly CheckRecord[];
  mistakes: readonly MistakeExample[];
}

/** The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere. */
export function htmlReport(data: ReportData): string {
  const { result } = data;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="${reportMark(data.maker)}"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${result.model} ${result.modelVersion}: ${result.verdict}</title><style>${STYLE}</style></head>
<body><main>${verdict(data)}${tiles(data)}${overTime(data)}${overRows(data)}${checks(result.checks)}
${drift(result.drift, result.driftAbsent)}${classShares(result.estimatedSharesShifted)}${confusion(data)}${mistakes(data.mistakes)}${footer(data)}</main></body></html>`;
  return page.text;
}

/** The one piece of markup that is not made by the template: our own style sheet. */
const STYLE = html([REPORT_STYLE] as unknown as TemplateStringsArray);

const WORDS: Record<CheckStatus, string> = {
  pass: "All checks pass",
  warn: "Warning: chance may explain it",
  fail: "Look at this model",
  "no verdict": "No verdict",
};

function verdict({ result, at, source }: ReportData): Markup {
  const failed = !result.ok;
  const kind = failed ? "fail" : result.verdict === "pass" ? "pass" : "unsure";
  const word = failed ? "Look at this model" : WORDS[result.verdict];
  return html`<h1>${result.model} version ${result.modelVersion}</h1>
<p class="dim small">${at.toISOString().slice(0, 16).replace("T", " ")} UTC, ${source}</p>
<section class="verdict ${kind}"><strong>${word}</strong>${result.summary}</section>
${result.warnings.map((warning) => html`<p class="small">Note: ${warning}</p>`)}`;
}

function tiles({ result }: ReportData): Markup {
  const tile = (name: string, value: string, below = "") =>
    html`<div class="tile"><span class="dim small">${name}</span><b>${value}</b><span class="dim small">${below}</span></div>`;
  const metric = (key: QualityMetric) => {
    const { title } = METRICS[key];
    const name = title.charAt(0).toUpperCase() + title.slice(1);
    const value = result.metrics[key];
    const interval = result.intervals[key];
    if (value === undefined) return tile(name, "none", result.metrics.absent?.[key] ?? "");
    const range = interval ? `95%: ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : "";
    return tile(name, value.toFixed(4), range);
  };
  const estimated = result.estimated?.accuracy_score;
  const shifted = result.estimatedSharesShifted?.metrics.accuracy_score;
  return html`<div class="tiles">${tile("Rows", result.rows.toLocaleString("en"), `${result.rejected} left out`)}
${tile("Labelled", result.n.toLocaleString("en"), labelledNote(result))}${metric("accuracy_score")}
${tile("Estimated accuracy", estimated === undefined ? "none" : estimated.toFixed(4), "without labels, if only texts moved")}
${shifted === undefined ? [] : [tile("Estimated accuracy", shifted.toFixed(4), "if only the classes' shares moved")]}
${result.abstained === undefined ? [] : [tile("Abstained on", `${(100 * result.abstained.share).toFixed(1)}%`, `${result.abstained.rows} rows; quality is of the labels`)]}
${QUALITY_METRICS.filter((name) => name !== "accuracy_score").map(metric)}</div>`;
}

/** What of the labels is wrong or missing, for the tile that counts them. */
function labelledNote({ foreignLabels, labels }: ReportData["result"]): string {
  const foreign = foreignLabels?.rows ?? 0;
  const ambiguous = labels?.ambiguous?.rows ?? 0;
  return [
    ...(foreign > 0 ? [`${foreign.toLocaleString("en")} not a class of the model`] : []),
    ...(ambiguous > 0 ? [`${ambiguous.toLocaleString("en")} more not joined`] : []),
  ].join(", ");
}

function checks(list: readonly QualityCheck[]): Markup {
  if (list.length === 0) return html``;
  const rows = list.map(({ metric, class: ofClass, kind, value, interval, bound, n, status, reason }) => {
    const tag = status === "no verdict" ? "unsure" : status;
    const chance = { fail: ["beyond chance"], warn: ["chance may explain it"], pass: [], "no verdict": [] };
    const range = interval ? [`from ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`] : [];
    const note = [
      kind,
      `n ${n.toLocaleString("en")}`,
      ...range,
      ...chance[status],
      ...(reason ? [reason] : []),
    ];
    const name = ofClass === undefined ? metric : `recall of ${ofClass}`;
    return html`<tr><td><span class="tag ${tag}">${status}</span></td><td>${name}<div class="dim small">${note.join(", ")}</div></td><td class="n">${value?.toFixed(4) ?? "none"}</td><td class="n">${bound.toFixed(4)}</td></tr>`;
  });
  return html`<h2>Checks</h2><p class="dim small">A check fails if its whole 95% interval lies below the bound; if only its value does, it is a warning.</p><div class="scroll"><table><tr><th>Verdict</th><th>Metric</th><th class="n">Value</th><th class="n">At least</th></tr>${rows}</table></div>`;
}

const KEY = html`<p class="key small dim"><span><i style="background:var(--accent)"></i>realised (bar: 95% interval)</span><span><i style="background:var(--second)"></i>estimated without labels</span><span><i style="background:var(--bad)"></i>threshold</span></p>`;

function overTime({ history, result }: ReportData): Markup {
  if (history.length < 2) return html``;
  const points = history.slice(-60).map(
    ({ at, modelVersion, accuracy, interval, estimated }): TimePoint => ({
      label: `${at.slice(0, 16).replace("T", " ")} v${modelVersion}`,
      ...(accuracy === undefined ? {} : { realised: accuracy }),
      ...(interval ? { interval } : {}),
      ...(estimated === undefined ? {} : { estimated }),
    }),
  );
  return html`<h2>Accuracy over the last ${points.length} checks</h2>${KEY}${timeChart(points, "Accuracy over checks", result.thresholds.accuracy_score)}`;
}

function overRows({ segments, result }: ReportData): Markup {
  if (segments.length < 3) return html``;
  let row = 1;
  const points = segments.map((segment): TimePoint => {
    const label = `row ${row.toLocaleString("en")}`;
    row += segment.rows;
    const estimated = result.estimated ? { estimated: segment.expectedCorrect / segment.rows } : {};
    if (segment.labelled === 0) return { label, ...estimated };
    const interval = wilsonInterval(segment.correct, segment.labelled);
    return { label, realised: segment.correct / segment.labelled, interval, ...estimated };
  });
  return html`<h2>Accuracy along the rows of this check</h2>${KEY}${timeChart(points, "Accuracy along the rows", result.thresholds.accuracy_score)}`;
}

function drift(found: DriftResult | undefined, absent: string | undefined): Markup {
  if (!found) return html`<h2>Drift</h2><p>Not compared: ${absent}</p>`;
  const rows = found.scores.map(
    ({ statistic, psi, psiExpected, psiThreshold, psiLow, jensenShannon, level }) =>
      html`<tr><td><span class="tag ${level}">${level}</span></td><td>${statistic.replaceAll("_", " ")}<div class="dim small">expected by chance ${psiExpected.toFixed(4)}, threshold ${psiThreshold.toFixed(4)}; surely moved by ${Math.max(0, psiLow).toFixed(4)}</div></td><td class="n">${psi.toFixed(4)}</td><td class="n">${jensenShannon.toFixed(4)}</td></tr>`,
  );
  const share = found.outOfVocabularyShare;
  const words =
    found.rose.length + found.fell.length > 0
      ? html`<h2>Words</h2><p class="dim small">Share of texts that hold each word, in training and now. Pale: chance may explain it.</p>
<div class="columns"><div><b>Rose</b>${wordChart(found.rose, "rose")}</div><div><b>Fell</b>${wordChart(found.fell, "fell")}</div></div>
${newWords(found.newWords)}
<p>Tokens that the model does not know: ${percent(share.reference)} in training, ${percent(share.current)} now.</p>`
      : html``;
  const against = found.reference
    ? `${found.reference.rows.toLocaleString("en")} rows of ${found.reference.path.split(/[\\/]/).at(-1)}`
    : "the training's held-out rows";
  return html`<h2>Drift against ${against}</h2><p class="dim small">Up to the threshold, windows of this size differ by chance. Above it: a warning; if the shift is surely more than ${SMALL_PSI}, an alert.</p>
<div class="scroll"><table><tr><th>Level</th><th>Statistic</th><th class="n">PSI</th><th class="n">Jensen-Shannon</th></tr>${rows}</table></div>${words}`;
}

function newWords(words: DriftResult["newWords"]): Markup {
  if (!words || words.length === 0) return html``;
  const items = words.map(
    ({ word, currentShare, trainingShareAtMost }) =>
      html`<tr><td>${word}</td><td class="n">${percent(trainingShareAtMost)}</td><td class="n">${percent(currentShare)}</td></tr>`,
  );
  return html`<h2>New words</h2><p class="dim small">Frequent words that the model does not know: share of texts in training (at most) and now.</p><div class="scroll"><table><tr><th>Word</th><th class="n">Training</th><th class="n">Now</th></tr>${items}</table></div>`;
}

const CLASSES_SHOWN = 12;

/** Class shares that would explain the scores if the texts of each class stayed what they were. */
function classShares(shifted: MonitorResult["estimatedSharesShifted"]): Markup {
  if (!shifted) return html``;
  const shown = [...shifted.classShares]
    .sort((a, b) => Math.abs(b.estimated - b.training) - Math.abs(a.estimated - a.training))
    .slice(0, CLASSES_SHOWN);
  const rows = shown.map(
    ({ class: name, training, estimated }) =>
      html`<tr><td>${name}</td><td class="n">${percent(training)}</td><td class="n">${percent(estimated)}</td></tr>`,
  );
  return html`<h2>Classes without labels</h2><p class="dim small">Shares that explain the scores if the texts of each class stayed what they were. No labels tell whether the texts or the shares moved: expect an accuracy between the two estimates.</p><div class="scroll"><table><tr><th>Class</th><th class="n">Training</th><th class="n">Estimated now</th></tr>${rows}</table></div>`;
}

function confusion({ result, classes, confusion: counts }: ReportData): Markup {
  if (result.n === 0 || classes.length > 12) return html``;
  const head = classes.map((name) => html`<th class="n">${name}</th>`);
  const rows = counts.map(
    (of, a) =>
      html`<tr><th>${classes[a] ?? "not a class of the model"}</th>${of.map((count) => html`<td class="n">${count.toLocaleString("en")}</td>`)}</tr>`,
  );
  return html`<h2>Confusion</h2><p class="dim small">Rows: what it was. Columns: what the model said.</p><div class="scroll"><table><tr><th></th>${head}</tr>${rows}</table></div>`;
}

function mistakes(list: readonly MistakeExample[]): Markup {
  if (list.length === 0) return html``;
  const items = list.map(
    ({ text, predicted, actual, probability }) =>
      html`<li>${text}<div class="dim small">the model said ${predicted} (${percent(probability)}), it was ${actual}</div></li>`,
  );
  return html`<h2>Surest mistakes</h2><p class="dim small">Handles, links, e-mails and numbers are masked.</p><ul class="list">${items}</ul>`;
}

function footer({ result }: ReportData): Markup {
  const incidents =
    result.openIncidents.length > 0 ? `Open incidents: ${result.openIncidents.join(", ")}. ` : "";
  return html`<footer class="dim small">${incidents}Intervals: Wilson 95%, ROC AUC by DeLong. Estimated metrics: calibrated probabilities (CBPE); they see a shift of the texts, not a changed meaning. Made by ColaML.</footer>`;
}
