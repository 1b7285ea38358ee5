import { labelsFileOf, type MonitorJob } from "@colaml/shared/contracts/monitor";
import type { Dataset } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { missingOf } from "@colaml/shared/learning/model/reference-profile";
import { describeTextColumns, type TextColumns, textColumnList } from "@colaml/shared/settings/text-columns";
import { checkRejected } from "@colaml/shared/tables/rejected-limit";
import type { LabelIndex } from "../labels/label-index";
import type { LabelStore } from "../labels/label-store";
import { fileLabels } from "../labels/processor";
import type { RejectedLabels } from "../labels/rejected-labels";
import type { RowSource } from "../rows/monitored-rows";
import { openPredictedRows, predictedVersion } from "../rows/predicted-rows";
import { openScoredRows } from "../rows/scored-rows";
import type { OpenReference } from "./collect-reference";
import type { MonitoredModel } from "./monitored-model";

/** A check whose model is loaded and whose rows can be read. */
export interface OpenCheck {
  model: MonitoredModel;
  source: RowSource;
  late?: LabelIndex;
  /** Goes over all late labels again, to name those that met no row. */
  lateIds?: () => AsyncIterable<{ id: string }[]>;
  /** Rows that drift is compared with instead of the training's. */
  reference?: OpenReference;
  warnings: string[];
  hasTexts: boolean;
}

/** What a check needs to open its rows. */
export interface OpenCheckDependencies {
  loadModel: (uri: string) => Promise<MonitoredModel>;
  labels: LabelStore;
  /** The path a job may read, or PATH_NOT_ALLOWED. */
  confine: (path: string) => Promise<string>;
}

/**
 * Loads the model of a job and opens its rows: a file that is scored again, or finished predictions with the labels
 * that belong to them.
 *
 * @throws ColaError MODEL_NOT_FOUND, MODEL_MISMATCH, INPUT_NOT_FOUND, COLUMN_NOT_FOUND, PATH_NOT_ALLOWED, TOO_MANY_REJECTED,
 *   LABELS_INVALID
 */
export async function openCheck(dependencies: OpenCheckDependencies, job: MonitorJob): Promise<OpenCheck> {
  return job.input ? await openInput(dependencies, job) : await openPredictions(dependencies, job);
}

async function openInput(
  { loadModel, confine, labels }: OpenCheckDependencies,
  job: MonitorJob,
): Promise<OpenCheck> {
  const input = { ...job.input!, path: await confine(job.input!.path) };
  const model = await loadModel(job.model);
  const columns = { ...model.columns, ...job.columns, labelRequired: job.columns.label !== undefined };
  const source = await openScoredRows(input, columns, model.classifier);
  const path = job.reference === undefined ? undefined : await confine(job.reference);
  const reference =
    path === undefined ? undefined : await openScoredRows({ ...input, path }, columns, model.classifier);
  return {
    model,
    source,
    late: await labels.load(model.name),
    ...(path !== undefined && reference ? { reference: { path, source: reference } } : {}),
    warnings: missingFrom(model),
    hasTexts: true,
  };
}

async function openPredictions(dependencies: OpenCheckDependencies, job: MonitorJob): Promise<OpenCheck> {
  const { confine, labels } = dependencies;
  const path = await confine(job.predictions!);
  const { uri, warnings } = await versionThatPredicted(path, job.model);
  const model = await dependencies.loadModel(uri);
  warnings.push(...missingFrom(model));
  const text = job.columns.text ?? model.columns.text;
  const source = await openPredictedRows(path, text, model.classifier);
  if (!source.hasTexts && model.profile) {
    warnings.push(textsMissing(text));
  }
  const late = await labels.load(model.name);
  const columns = { label: job.columns.label ?? model.columns.label, id: job.columns.id ?? model.columns.id };
  const labelsFile = labelsFileOf(job);
  const file = labelsFile && { ...labelsFile, path: await confine(labelsFile.path) };
  if (file) {
    late.beginDelivery();
    const notes = await addFileLabels(late, file, columns, job.maxRejected);
    warnings.push(...notes.map((note) => `${file.path}: ${note}`));
  }
  // Only a file that belongs to these predictions can have ids that are missing among them.
  const lateIds = file ? () => fileLabels(file, columns, { count: 0, notes: [] }) : undefined;
  const reference = job.reference === undefined ? undefined : await confine(job.reference);
  return {
    model,
    source,
    late,
    ...(lateIds ? { lateIds } : {}),
    ...(reference === undefined ? {} : { reference: await openReference(reference, model, text) }),
    warnings,
    hasTexts: source.hasTexts,
  };
}

/**
 * Adds a file's labels as one delivery; returns what was left out of it. Held to the same as a delivery of
 * `cola labels`: a file that was named and brings nothing must not look like one that was read.
 *
 * @throws ColaError TOO_MANY_REJECTED, LABELS_INVALID
 */
async function addFileLabels(
  late: LabelIndex,
  file: Dataset,
  columns: { label: string; id: string },
  maxRejected: number,
): Promise<string[]> {
  const rejected: RejectedLabels = { count: 0, notes: [] };
  let rows = 0;
  for await (const batch of fileLabels(file, columns, rejected)) {
    for (const row of batch) late.set(row.id, row.label);
    rows += batch.length;
  }
  const { count, notes } = rejected;
  checkRejected(maxRejected, { rows, rejected: count }, true, { path: file.path, reasons: notes });
  if (rows > 0) return notes;
  throw new ColaError("LABELS_INVALID", `no row of ${file.path} has an id and a label: ${notes.join("; ")}`);
}

/** Finished predictions of the same version, to compare with. @throws ColaError MODEL_MISMATCH */
async function openReference(path: string, model: MonitoredModel, text: TextColumns): Promise<OpenReference> {
  await versionThatPredicted(path, `models:/${model.name}/${model.version}`);
  return { path, source: await openPredictedRows(path, text, model.classifier) };
}

function textsMissing(text: TextColumns): string {
  const columns = textColumnList(text).length === 1 ? "the column" : "all of them";
  return `the predictions have no ${describeTextColumns(text)}: words and lengths are not compared (predict with ${columns} passed through)`;
}

/** What a profile cannot say: models of an older release have one that holds less, and some models count no words. */
function missingFrom({ name, version, profile }: MonitoredModel): string[] {
  const missing = profile && missingOf(profile);
  const characters =
    profile?.terms.analyzer === undefined
      ? []
      : [
          `${name} version ${version} counts characters and no words: drift is of its n-grams, and new words are not looked for`,
        ];
  if (missing === undefined) return characters;
  return [
    ...characters,
    `the reference profile of ${name} version ${version} is of an older release and lacks ${missing}: train again to have them`,
  ];
}

/** An alias may have moved since: what was predicted is judged as the version that predicted it. */
async function versionThatPredicted(path: string, uri: string): Promise<{ uri: string; warnings: string[] }> {
  const version = await predictedVersion(path);
  const [, name, given] = /^models:\/([^@/]+)(.*)$/.exec(uri)!;
  if (version === undefined || !/^\d{1,9}$/.test(version) || given === `/${version}`)
    return { uri, warnings: [] };
  if (/^\/\d+$/.test(given!)) {
    throw new ColaError("MODEL_MISMATCH", `${path} was predicted by version ${version}, not by ${uri}`);
  }
  return { uri: `models:/${name}/${version}`, warnings: [] };
}
