import { type TrainJobInput, trainJobSchema } from "@colaml/shared/contracts/train";
import { bundleFromFiles } from "@colaml/shared/learning/model/bundle-files";
import { parseSeenRows, SEEN_ROWS_FILE, type SeenRows } from "@colaml/shared/learning/model/seen-rows";
import type { LoadedModel } from "@colaml/shared/mlflow/load-model";
import { type ChampionReport, judged } from "@colaml/trainer-worker/champion/champion-check";
import { compareScored } from "@colaml/trainer-worker/champion/compare-with-champion";
import { scoreTestRows } from "@colaml/trainer-worker/champion/score-test-rows";
import { type Publication, publicationOf } from "@colaml/trainer-worker/publication/publication";
import { type TrainedModel, trainModel } from "@colaml/trainer-worker/training/training";

const signal = new AbortController().signal;

/** A finished training with its model as a registry would give it back. */
export interface Candidate {
  trained: TrainedModel;
  publication: Publication;
  loaded: LoadedModel;
}

/** Trains as a job does, and publishes nothing. */
export async function candidate(
  path: string,
  input: Omit<TrainJobInput, "dataset"> = {},
  version = "1",
): Promise<Candidate> {
  const job = trainJobSchema.parse({ preset_hint: "off", ...input, dataset: { path } });
  const trained = await trainModel(job, { progress: () => {}, signal, maxMemoryMb: 2048 });
  const run = { publishId: "p", jobKey: "k", runName: "r", startTime: 0, tags: [] };
  const publication = publicationOf(job, trained, run, [], "");
  const { files } = publication.model!;
  const pinned = { name: job.model, version, runId: "r", source: "", manifestSha256: "" };
  return { trained, publication, loaded: { pinned, files, bundle: bundleFromFiles(files) } };
}

/**
 * The champion check without a registry: against a champion, or against nobody; `asIfUnseen` compares on all test rows,
 * those that the champion was trained on too.
 */
export async function judge(
  challenger: Candidate,
  champion?: Candidate,
  settings: Partial<Publication["job"]["champion"]> = {},
  { looks = 1, asIfUnseen = false } = {},
): Promise<ChampionReport> {
  const { job, summary } = challenger.publication;
  const publication = { job: { ...job, champion: { ...job.champion, ...settings } }, summary };
  if (!champion) return judged(publication, "2", { notes: [] }, looks);
  const filters = (asIfUnseen ? [] : [challenger, champion]).map(
    ({ loaded }) => parseSeenRows(loaded.files.get(SEEN_ROWS_FILE)!) as SeenRows,
  );
  const bundles = [challenger.loaded.bundle, champion.loaded.bundle];
  const scored = await scoreTestRows(job, bundles, filters, signal);
  return judged(publication, "2", compareScored(publication, champion.loaded, scored), looks);
}
