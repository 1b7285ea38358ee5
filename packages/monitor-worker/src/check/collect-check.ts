import { ColaError } from "@colaml/shared/errors/cola-error";
import type { LabelMatch } from "@colaml/shared/jobs/monitor";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { LISTED_IDS } from "../labels/labels-processor";
import { type Collected, RowCollector } from "./collect-rows";
import type { OpenCheck } from "./open-check";

const PROGRESS_MS = 500;

/**
 * Reads all rows of a check, and says how its labels met them.
 *
 * @throws ColaError INPUT_EMPTY
 */
export async function collect(
  { model, source, late, lateIds }: OpenCheck,
  { signal, progress }: Pick<JobContext, "signal" | "progress">,
): Promise<{ collected: Collected; match?: LabelMatch }> {
  const { classifier, terms, tokenise, profile } = model;
  const collector = new RowCollector({
    classes: classifier.classes,
    terms,
    tokenise,
    ...(profile ? { profile } : {}),
    ...(late && late.size > 0 ? { late } : {}),
  });
  let told = Date.now();
  for await (const batch of source.batches()) {
    signal.throwIfAborted();
    collector.add(batch);
    if (Date.now() - told < PROGRESS_MS) continue;
    told = Date.now();
    await progress({ stage: "score", done: collector.rows, unit: "rows" });
  }
  const collected = collector.result();
  if (collected.rows === 0)
    throw new ColaError("INPUT_EMPTY", `no row to check: ${source.rejected().reasons.join("; ")}`);
  if (!late || late.size === 0) return { collected };
  const unknown = { count: 0, first: [] as string[] };
  for await (const batch of late.allMet ? [] : (lateIds?.() ?? [])) {
    for (const { id } of batch) {
      if (late.wasMet(id)) continue;
      unknown.count++;
      if (unknown.first.length < LISTED_IDS) unknown.first.push(id);
    }
  }
  const matched = collected.quality.n;
  return { collected, match: { matched, unlabelled: collected.rows - matched, unknown } };
}
