import type { DriftResult, MonitorResult, QualityCheck } from "@colaml/shared/jobs/monitor";
import { type ReportMaker, reportMark } from "@colaml/shared/jobs/report-output";
import type { CheckRecord } from "../check/check-history";
import type { MistakeExample } from "../check/masked-example";
import type { Segment } from "../quality/quality-segments";
import { wilsonInterval } from "../statistics/wilson-interval";
import { html, type Markup, percent } from "./html";
import { REPORT_STYLE } from "./report-style";
import { type TimePoint, timeChart } from "./time-chart";
import { wordChart } from "./word-chart";

/** All that the report shows. */
export interface ReportData {
  result: Omit<MonitorResult, "report" | "runId" | "seconds">;
  at: Date;
  /** Which job or schedule the report is of. */
  maker: ReportMaker;
  source: string;
  classes: readonly string[];
  /** A row a class, and a last one for labels that are not a class of the model. */
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
<title>${result.model} ${result.modelVersion}: ${result.ok ? result.verdict : "fail"}</title><style>${STYLE}</style></head>
<body><main>${verdict(data)}${tiles(data)}${overTime(data)}${overRows(data)}${checks(result.checks)}
${drift(result.drift, result.driftAbsent)}${confusion(data)}${mistakes(data.mistakes)}${footer(data)}</main></body></html>`;
  return page.text;
}

/** The one piece of markup that is not made by the template: our own style sheet. */
const STYLE = html([REPORT_STYLE] as unknown as TemplateStringsArray);

function verdict({ result, at, source }: ReportData): Markup {
  const failed = !result.ok;
  const kind = failed ? "fail" : result.verdict === "pass" ? "pass" : "unsure";
  const word = failed ? "Look at this model" : result.verdict === "pass" ? "All checks pass" : "No verdict";
  return html`<h1>${result.model} version ${result.modelVersion}</h1>
<p class="dim small">${at.toISOString().slice(0, 16).replace("T", " ")} UTC, ${source}</p>
<section class="verdict ${kind}"><strong>${word}</strong>${result.summary}</section>
${result.warnings.map((warning) => html`<p class="small">Note: ${warning}</p>`)}`;
}

function tiles({ result }: ReportData): Markup {
  const tile = (name: string, value: string, below = "") =>
    html`<div class="tile"><span class="dim small">${name}</span><b>${value}</b><span class="dim small">${below}</span></div>`;
  const metric = (
    name: string,
    key: "accuracy_score" | "precision_score" | "recall_score" | "f1_score" | "roc_auc",
  ) => {
    const value = result.metrics[key];
    const interval = result.intervals[key];
    if (value === undefined) return tile(name, "none", result.metrics.absent?.[key] ?? "");
    const range = interval ? `95%: ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : "";
    return tile(name, value.toFixed(4), range);
  };
  const estimated = result.estimated?.accuracy_score;
  return html`<div class="tiles">${tile("Rows", result.rows.toLocaleString("en"), `${result.rejected} left out`)}
${tile("Labelled", result.n.toLocaleString("en"), labelledNote(result))}${metric("Accuracy", "accuracy_score")}
${tile("Estimated accuracy", estimated === undefined ? "none" : estimated.toFixed(4), "without labels")}
${metric("Precision", "precision_score")}${metric("Recall", "recall_score")}${metric("F1", "f1_score")}${metric("ROC AUC", "roc_auc")}</div>`;
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
  const rows = list.map(({ metric, kind, value, bound, n, status, sure, reason }) => {
    const tag = status === "no verdict" ? "unsure" : status;
    const chance = sure ? "beyond chance" : "chance may explain it";
    const note = [kind, `n ${n.toLocaleString("en")}`, reason ?? (status === "fail" ? chance : [])].flat();
    return html`<tr><td><span class="tag ${tag}">${status}</span></td><td>${metric}<div class="dim small">${note.join(", ")}</div></td><td class="n">${value?.toFixed(4) ?? "none"}</td><td class="n">${bound.toFixed(4)}</td></tr>`;
  });
  return html`<h2>Checks</h2><div class="scroll"><table><tr><th>Verdict</th><th>Metric</th><th class="n">Value</th><th class="n">At least</th></tr>${rows}</table></div>`;
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
    ({ statistic, psi, psiThreshold, jensenShannon, level }) =>
      html`<tr><td><span class="tag ${level}">${level}</span></td><td>${statistic.replaceAll("_", " ")}<div class="dim small">threshold ${psiThreshold.toFixed(4)}</div></td><td class="n">${psi.toFixed(4)}</td><td class="n">${jensenShannon.toFixed(4)}</td></tr>`,
  );
  const share = found.outOfVocabularyShare;
  const words =
    found.rose.length + found.fell.length > 0
      ? html`<h2>Words</h2><p class="dim small">Share of texts that hold each word, in training and now. Pale: chance may explain it.</p>
<div class="columns"><div><b>Rose</b>${wordChart(found.rose, "rose")}</div><div><b>Fell</b>${wordChart(found.fell, "fell")}</div></div>
<p>Tokens that the model does not know: ${percent(share.reference)} in training, ${percent(share.current)} now.</p>`
      : html``;
  return html`<h2>Drift against the training's held-out rows</h2><p class="dim small">Up to the threshold, windows of this size differ by chance. Above it: a warning; from PSI 0.1 on as well: an alert (0.25 is large by convention).</p>
<div class="scroll"><table><tr><th>Level</th><th>Statistic</th><th class="n">PSI</th><th class="n">Jensen-Shannon</th></tr>${rows}</table></div>${words}`;
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
