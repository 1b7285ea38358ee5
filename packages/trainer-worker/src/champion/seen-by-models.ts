import { messageOf } from "@colaml/shared/errors/cola-error";
import { parseSeenRows, SEEN_ROWS_FILE, type SeenRows } from "@colaml/shared/learning/model/seen-rows";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { LoadedModel } from "@colaml/shared/mlflow/load-model";
import { DATASET_TAG } from "@colaml/shared/mlflow/verdict-tags";
import type { Publication } from "../publication/publication";
import { runParams } from "../publication/run-contents";

/** What is known of the rows that the two models of a comparison were trained on. */
export interface SeenByModels {
  filters: SeenRows[];
  /** Why nobody knows which rows the champion was trained on. */
  unfair?: string;
}

/** Settings that decide which rows are test rows. */
const SPLIT_PARAMS = [
  "test_size",
  "validation_size",
  "split_seed",
  "stratify",
  "max_train_rows",
  "min_class_rows",
  "similar_labels",
] as const;
/** What an older release did, under names that it did not know. */
const OLDER: Readonly<Record<string, string>> = { min_class_rows: "auto", similar_labels: "join" };

/**
 * The filters of both models. A champion of an older release has none: it is fair by construction if it was
 * trained on the same file with the same split, for then these test rows were its own.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED
 */
export async function seenByModels(
  client: MlflowClient,
  publication: Publication,
  challenger: LoadedModel,
  champion: LoadedModel,
  hmacKey: string,
): Promise<SeenByModels> {
  const filters: SeenRows[] = [];
  const ours = filterOf(challenger, hmacKey);
  if (ours !== undefined && !("unreadable" in ours)) filters.push(ours);
  const theirs = filterOf(champion, hmacKey);
  if (theirs !== undefined && !("unreadable" in theirs)) return { filters: [...filters, theirs] };
  if (await sameTestRows(client, publication, champion)) return { filters };
  const unfair =
    theirs?.unreadable ??
    "it was published without a filter of its training rows, so it may be judged on rows that it learned";
  return { filters, unfair };
}

function filterOf({ files }: LoadedModel, hmacKey: string): SeenRows | { unreadable: string } | undefined {
  const file = files.get(SEEN_ROWS_FILE);
  if (file === undefined) return undefined;
  try {
    return parseSeenRows(file, hmacKey);
  } catch (error) {
    // Its digest is right: a newer release wrote it in another format. That holds up no verdict.
    return { unreadable: `its filter of training rows cannot be read: ${messageOf(error)}` };
  }
}

async function sameTestRows(
  client: MlflowClient,
  { job, summary }: Publication,
  { pinned }: LoadedModel,
): Promise<boolean> {
  const { tags, params } = await client.runs.get(pinned.runId);
  // An older release left no class out: then the same settings give other rows.
  const leftOut = (summary.evidence?.data.smallClasses.length ?? 0) > 0;
  if (tags[DATASET_TAG] !== summary.datasetDigest || leftOut) return false;
  const ours = runParams(job);
  return SPLIT_PARAMS.every((name) => (params[name] ?? OLDER[name]) === ours.get(name));
}
