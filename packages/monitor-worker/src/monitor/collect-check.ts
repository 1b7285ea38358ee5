import type { LabelMatch } from "@colaml/shared/contracts/monitor";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { JobContext } from "@colaml/shared/worker/job-context";
import type { DriftReference } from "../drift/drift-reference";
import { LISTED_IDS } from "../labels/label-join";
import { shownId } from "../labels/shown-id";
import type { RowSource } from "../rows/monitored-rows";
import { collectReference } from "./collect-reference";
import { type Collected, type CollectOptions, RowCollector } from "./collect-rows";
import type { OpenCheck } from "./open-check";

const PROGRESS_MS = 500;

/**
 * Reads all rows of a check, and says how its labels met them.
 *
 * @throws ColaError INPUT_EMPTY
 */
export async function collect(
  opened: OpenCheck,
  { signal, progress }: Pick<JobContext, "signal" | "progress">,
): Promise<{ collected: Collected; match?: LabelMatch; reference?: DriftReference }> {
  const { model, source, late, lateIds } = opened;
  const { classifier, terms, tokenise, holdsNoTerm, profile } = model;
  const options = {
    classes: classifier.classes,
    terms,
    tokenise,
    holdsNoTerm,
    ...(profile ? { profile } : {}),
    ...(late && late.size > 0 ? { late } : {}),
  };
  let told = performance.now();
  const collected = await collectRows(source, options, async (rows) => {
    signal.throwIfAborted();
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    await progress({ stage: "score", done: rows, unit: "rows" });
  });
  if (collected.rows === 0)
    throw new ColaError("INPUT_EMPTY", `no row to check: ${source.rejected().reasons.join("; ")}`);
  const compared = opened.reference && (await collectReference(opened.reference, model, signal));
  const reference = compared ? { reference: compared } : {};
  if (!late || !collected.join) return { collected, ...reference };
  const unknown = { count: 0, first: [] as string[] };
  for await (const batch of late.allMet ? [] : (lateIds?.() ?? [])) {
    for (const { id } of batch) {
      if (late.wasMet(id)) continue;
      unknown.count++;
      if (unknown.first.length < LISTED_IDS) unknown.first.push(shownId(id));
    }
  }
  const { joined: matched, leftOut: ambiguous } = collected.join;
  const unlabelled = collected.rows - collected.quality.n - ambiguous.rows;
  return { collected, match: { matched, unlabelled, ambiguous, unknown }, ...reference };
}

/**
 * Reads all rows of a source. That an id stands on different rows shows only at the second of them: if one does, the
 * rows are read once more, and none of that id is joined.
 *
 * @param onBatch gets the rows read so far
 */
export async function collectRows(
  source: RowSource,
  options: CollectOptions,
  onBatch: (rows: number) => Promise<void> | void = () => {},
): Promise<Collected> {
  const known = options.late?.sharedCount;
  const collector = await onePass(source, options, onBatch);
  const repeat = options.late?.sharedCount !== known;
  const collected = (repeat ? await onePass(source, options, onBatch) : collector).result();
  return { ...collected, ...(source.labelsAbsent ? { labelsAbsent: source.labelsAbsent } : {}) };
}

async function onePass(
  source: RowSource,
  options: CollectOptions,
  onBatch: (rows: number) => Promise<void> | void,
): Promise<RowCollector> {
  const collector = new RowCollector(options);
  for await (const batch of source.batches()) {
    collector.add(batch);
    await onBatch(collector.rows);
  }
  return collector;
}
