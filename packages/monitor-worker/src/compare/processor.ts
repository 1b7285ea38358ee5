import type { CompareJob, CompareResult } from "@colaml/shared/contracts/compare";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { fileDigest } from "@colaml/shared/files/digest";
import { namedClasses } from "@colaml/shared/learning/model/named-classes";
import { describeTextColumns } from "@colaml/shared/settings/text-columns";
import { checkRejected } from "@colaml/shared/tables/rejected-limit";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { openRows, rejectedOf } from "../rows/monitored-rows";
import { rowLabels } from "../rows/row-labels";
import { wilsonInterval } from "../statistics/wilson-interval";
import { type ComparedRows, RowComparison } from "./compare-rows";
import type { ComparedModel } from "./compared-version";

export interface CompareDependencies {
  loadModel: (uri: string) => Promise<ComparedModel>;
  /** The path a job may open, or PATH_NOT_ALLOWED. */
  confine: (path: string) => Promise<string>;
  now?: () => number;
}

const PROGRESS_MS = 500;

/**
 * Scores the rows of a file by two versions: where their labels differ and why, and which is better if the rows have
 * labels. It moves nothing.
 *
 * @throws ColaError MODEL_NOT_FOUND, USAGE for a version compared with itself, INPUT_NOT_FOUND, INPUT_EMPTY,
 *   COLUMN_NOT_FOUND, TOO_MANY_REJECTED, PATH_NOT_ALLOWED
 */
export function createCompareProcessor({ loadModel, confine, now = Date.now }: CompareDependencies) {
  return async (
    job: CompareJob,
    context: Pick<JobContext, "signal" | "progress" | "logger">,
  ): Promise<CompareResult> => {
    const started = now();
    const input = { ...job.input, path: await confine(job.input.path) };
    const [baseline, challenger] = await Promise.all([loadModel(job.baseline), loadModel(job.challenger)]);
    if (baseline.name === challenger.name && baseline.version === challenger.version) {
      const uri = `models:/${baseline.name}/${baseline.version}`;
      throw new ColaError("USAGE", `${job.baseline} and ${job.challenger} are the same version, ${uri}`);
    }
    const { rows, rejected, warnings } = await compareRows(job, input, baseline, challenger, context);
    const { foreign, ...compared } = rows;
    const result: CompareResult = {
      baseline: { model: baseline.name, version: baseline.version },
      challenger: { model: challenger.name, version: challenger.version },
      summary: summaryOf(compared, baseline, challenger),
      ...compared,
      interval: wilsonInterval(compared.changed, compared.rows),
      rejected,
      warnings: [
        ...(await trainingFileWarnings(input.path, [baseline, challenger])),
        ...columnWarnings(job, baseline, challenger),
        ...foreignWarnings(foreign, baseline, challenger),
        ...warnings,
      ],
      seconds: (now() - started) / 1000,
    };
    for (const warning of result.warnings) context.logger.warn(warning);
    context.logger.info(result.summary);
    return result;
  };
}

async function compareRows(
  job: CompareJob,
  input: CompareJob["input"],
  baseline: ComparedModel,
  challenger: ComparedModel,
  { signal, progress }: Pick<JobContext, "signal" | "progress">,
): Promise<{ rows: ComparedRows; rejected: number; warnings: string[] }> {
  const known = challenger.bundle.columns;
  const label = job.columns.label ?? known.label;
  const [required, optional] = job.columns.label === undefined ? [[], [label]] : [[label], []];
  const open = await openRows(input, job.columns.text ?? known.text, required, optional);
  const labelAt = open.columns.has(label) ? open.indexOf(label) : -1;
  const labelsOf = rowLabels(input, [...baseline.bundle.classes, ...challenger.bundle.classes]);
  const comparison = new RowComparison(baseline.bundle, challenger.bundle, job.examples);
  let reportedAt = performance.now();
  for await (const { texts, others } of open.batches()) {
    signal.throwIfAborted();
    const labels = labelAt < 0 ? undefined : labelsOf(others[labelAt]!);
    for (const [row, text] of texts.entries()) comparison.add(text, labels?.[row]);
    if (performance.now() - reportedAt < PROGRESS_MS) continue;
    reportedAt = performance.now();
    await progress({ stage: "score", done: comparison.rows, unit: "rows" });
  }
  const { count, reasons } = rejectedOf(open.reader);
  const path = input.path;
  checkRejected(job.maxRejected, { rows: comparison.rows, rejected: count }, true, { path, reasons });
  if (comparison.rows === 0) throw new ColaError("INPUT_EMPTY", `no row to compare: ${reasons.join("; ")}`);
  const compared = comparison.result(job.alpha, labelAt < 0 ? label : undefined);
  return { rows: compared, rejected: count, warnings: reasons };
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

function summaryOf(
  { changed, rows, share, quality, better, qualityAbsent }: Omit<ComparedRows, "foreign">,
  baseline: ComparedModel,
  challenger: ComparedModel,
): string {
  const differ = `${changed} of ${rows} rows (${percent(share)}) get another label`;
  if (!quality) return `${differ}; which version is better is not known: ${qualityAbsent}`;
  const { challengerOnly, baselineOnly, p } = quality.test;
  const names = { baseline: nameOf(baseline, challenger), challenger: nameOf(challenger, baseline) };
  const counts = `only ${names.challenger} is right on ${challengerOnly} rows, only ${names.baseline} on ${baselineOnly} (McNemar's p ${p < 0.0001 ? "below 0.0001" : p.toPrecision(3)})`;
  const verdict = better === "undecided" ? "neither is better beyond chance" : `${names[better]} is better`;
  return `${differ}; ${verdict}: ${counts}`;
}

/** `version 5`, or with its model if the other one's is not the same. */
function nameOf({ name, version }: ComparedModel, other: ComparedModel): string {
  return name === other.name ? `version ${version}` : `${name} version ${version}`;
}

/** Rows that a model has learned by heart say nothing about new ones. */
async function trainingFileWarnings(path: string, models: readonly ComparedModel[]): Promise<string[]> {
  if (models.every(({ trainedOn }) => trainedOn === undefined)) return [];
  const digest = await fileDigest(path);
  return models
    .filter(({ trainedOn }) => trainedOn === digest)
    .map(
      ({ name, version }) =>
        `${name} version ${version} was trained on rows of this very file: its quality on new rows is lower, compare on others`,
    );
}

function columnWarnings(job: CompareJob, baseline: ComparedModel, challenger: ComparedModel): string[] {
  const [theirs, ours] = [baseline, challenger].map(({ bundle }) => describeTextColumns(bundle.columns.text));
  if (job.columns.text !== undefined || theirs === ours) return [];
  return [
    `version ${baseline.version} was trained on ${theirs}, version ${challenger.version} on ${ours}: both are scored on ${ours} (columns.text names another)`,
  ];
}

function foreignWarnings(
  { rows, first }: ComparedRows["foreign"],
  baseline: ComparedModel,
  challenger: ComparedModel,
): string[] {
  if (rows === 0) return [];
  const names = first.map(({ label }) => JSON.stringify(label)).join(", ");
  const classes = namedClasses([...new Set([...baseline.bundle.classes, ...challenger.bundle.classes])]);
  return [
    `${rows} rows have a label that neither version knows (${names}) and count as wrong for both; classes: ${classes}`,
  ];
}
