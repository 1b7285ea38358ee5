import type { LabelsJob, LabelsResult } from "@colaml/shared/contracts/labels";
import type { Dataset } from "@colaml/shared/contracts/names";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { readDataset, readNotes } from "@colaml/shared/tables/dataset-reader";
import { normaliseLabel } from "@colaml/shared/tables/labels";
import { isMissing, type MissingValues } from "@colaml/shared/tables/missing-values";
import { checkRejected } from "@colaml/shared/tables/rejected-limit";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { damageHint, quotedIds } from "./damaged-ids";
import type { LabelledId } from "./delivery-files";
import { LabelIndex } from "./label-index";
import { LISTED_IDS } from "./label-join";
import type { LabelStore, StoredLabels } from "./label-store";
import type { RejectedLabels } from "./rejected-labels";
import { shownId } from "./shown-id";
import { toolLabels } from "./tool-labels";

export interface LabelsDependencies {
  store: Pick<LabelStore, "add">;
  columns: ColaConfig["columns"];
  /** The path a job may open, or PATH_NOT_ALLOWED. */
  confine: (path: string) => Promise<string>;
  now?: () => number;
}

/**
 * Takes labels in: stores them for their model, and matches them with predictions if the job names some.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_EMPTY, COLUMN_NOT_FOUND, PATH_NOT_ALLOWED, TOO_MANY_REJECTED,
 *   LABELS_INVALID, OUTPUT_UNWRITABLE
 */
export function createLabelsProcessor({ store, columns, confine, now = Date.now }: LabelsDependencies) {
  return async (job: LabelsJob, { logger }: Pick<JobContext, "logger">): Promise<LabelsResult> => {
    const started = now();
    const rejected: RejectedLabels = { count: 0, notes: [] };
    const names = { label: job.columns.label ?? columns.label, id: job.columns.id ?? columns.id };
    const input = job.input && { ...job.input, path: await confine(job.input.path) };
    const source = input
      ? job.source
        ? toolLabels(input, job.source, names, rejected)
        : fileLabels(input, names, rejected)
      : inlineLabels(job.labels!, job.missingValues ?? "pandas", rejected);
    const unknown = job.predictions
      ? new UnknownIds(await idsOf(await confine(job.predictions), "id"))
      : undefined;
    const seen: string[] = [];
    const sampled = firstIds(unlessTooManyRejected(source, rejected, job), seen);
    const stored = await store.add(job.model, unknown ? unknown.watch(sampled) : sampled);
    const { rows, added, changed, known, total, ambiguous } = stored;
    const warnings = [...rejected.notes, ...warningsOf(stored, seen, unknown?.found)];
    for (const warning of warnings) logger.warn(`labels of ${job.model}: ${warning}`);
    return {
      model: job.model,
      rows,
      rejected: rejected.count,
      added,
      changed,
      known,
      ambiguous,
      total,
      ...(unknown ? { unknown: unknown.found } : {}),
      warnings,
      seconds: (now() - started) / 1000,
    };
  };
}

/** @param seen the first ids of the delivery */
function warningsOf(
  { ambiguous, rows }: StoredLabels,
  seen: readonly string[],
  unknown: LabelsResult["unknown"],
): string[] {
  const warnings: string[] = [];
  if (ambiguous.rows > 0) {
    const { ids, first } = ambiguous;
    warnings.push(
      `${ambiguous.rows} of ${rows} rows have an id that came with different labels (${ids} ids, such as ${quotedIds(first)}): such an id joins no row until a later delivery gives it one label`,
    );
  }
  const hint = damageHint(ambiguous.first) ?? damageHint(unknown?.first ?? []) ?? damageHint(seen);
  return hint === undefined ? warnings : [...warnings, hint];
}

/** Passes the labels on and keeps the first ids. */
async function* firstIds(batches: AsyncIterable<LabelledId[]>, seen: string[]) {
  for await (const batch of batches) {
    for (const { id } of batch.slice(0, LISTED_IDS - seen.length)) seen.push(id);
    yield batch;
  }
}

/** Passes the labels on; at their end it refuses a delivery of which too much was rejected, before it is kept. */
async function* unlessTooManyRejected(
  batches: AsyncIterable<LabelledId[]>,
  rejected: RejectedLabels,
  { maxRejected, input }: LabelsJob,
) {
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.length;
    yield batch;
  }
  const why = { path: input?.path ?? "the labels", reasons: rejected.notes };
  checkRejected(maxRejected, { rows, rejected: rejected.count }, true, why);
}

/** Ids and labels of a file, batch by batch. */
export async function* fileLabels(
  input: Dataset,
  columns: { label: string; id: string },
  rejected: RejectedLabels,
): AsyncGenerator<LabelledId[], void, undefined> {
  // As a further column the id must be there: record numbers, as they serve elsewhere, would match wrong rows.
  const reader = readDataset(input, { label: columns.label, others: [columns.id] });
  for await (const { labels, others } of reader.batches()) {
    const rows = labels.map((label, i) => ({ id: others[0]![i]!.trim(), label }));
    const complete = rows.filter(({ id }) => id !== "");
    rejected.count += rows.length - complete.length;
    yield complete;
  }
  if (rejected.count > 0) rejected.notes.push(`${rejected.count} rows left out: no id`);
  rejected.count += reader.rejected.count;
  rejected.notes.push(...readNotes(reader));
}

async function* inlineLabels(
  labels: readonly LabelledId[],
  missing: MissingValues,
  rejected: RejectedLabels,
): AsyncGenerator<LabelledId[], void, undefined> {
  const rows = labels.flatMap(({ id, label }) => {
    const name = isMissing(label, missing) ? undefined : normaliseLabel(label);
    return name === undefined || id.trim() === "" ? [] : [{ id: id.trim(), label: name }];
  });
  rejected.count += labels.length - rows.length;
  if (rejected.count > 0) rejected.notes.push(`${rejected.count} rows left out: no id or no label`);
  yield rows;
}

async function idsOf(path: string, idColumn: string): Promise<LabelIndex> {
  const index = new LabelIndex();
  const reader = readDataset({ path }, { others: [idColumn] });
  for await (const { others } of reader.batches()) for (const id of others[0]!) index.set(id.trim(), "");
  return index;
}

/** Counts ids that the predictions lack while they pass by. */
class UnknownIds {
  readonly found = { count: 0, first: [] as string[] };
  readonly #predictions: LabelIndex;

  constructor(predictions: LabelIndex) {
    this.#predictions = predictions;
  }

  async *watch(batches: AsyncIterable<LabelledId[]>): AsyncGenerator<LabelledId[], void, undefined> {
    for await (const batch of batches) {
      for (const { id } of batch) {
        if (this.#predictions.has(id)) continue;
        this.found.count++;
        if (this.found.first.length < LISTED_IDS) this.found.first.push(shownId(id));
      }
      yield batch;
    }
  }
}
