import type { LabelTool } from "@colaml/shared/contracts/labels";
import type { Dataset } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { normaliseLabel } from "@colaml/shared/tables/labels";
import type { LabelledId } from "./delivery-files";
import type { RejectedLabels } from "./rejected-labels";
import { answersOf, type ToolColumns } from "./tool-answers";
import { toolRecords } from "./tool-records";

/**
 * Labels of an export of Label Studio or Argilla. Of several answers about a row the most frequent holds; if two are
 * equally frequent, both are given, so that the id counts as ambiguous and joins no row.
 *
 * @param rejected takes the records without an id, and what was made of the answers in words
 * @throws ColaError LABELS_INVALID for an export without an answer, INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE
 */
export async function* toolLabels(
  input: Dataset,
  tool: LabelTool,
  columns: ToolColumns,
  rejected: RejectedLabels,
): AsyncGenerator<LabelledId[], void, undefined> {
  const answers = answersOf(await toolRecords(input), tool, columns);
  const byId = new Map<string, Map<string, number>>();
  const count = { unanswered: 0, unusable: 0, withoutId: 0, withoutStatus: 0 };
  for (const { id, labels, unusable, withoutStatus = 0 } of answers) {
    count.unusable += unusable;
    count.withoutStatus += withoutStatus;
    const given = labels.flatMap((label) => normaliseLabel(label) ?? []);
    if (given.length === 0) count.unanswered++;
    else if (id === "") count.withoutId++;
    else {
      const votes = byId.get(id) ?? new Map<string, number>();
      byId.set(id, votes);
      for (const label of given) votes.set(label, (votes.get(label) ?? 0) + 1);
    }
  }
  const decided = { byMajority: 0, tied: 0 };
  const rows = [...byId].flatMap(([id, votes]) => {
    const winners = winnersOf(votes);
    if (winners.length > 1) decided.tied++;
    else if (votes.size > 1) decided.byMajority++;
    return winners.map((label) => ({ id, label }));
  });
  rejected.count += count.withoutId;
  rejected.notes.push(...notesOf({ ...count, ...decided }));
  if (rows.length === 0)
    throw new ColaError(
      "LABELS_INVALID",
      `no record of ${input.path} has an id and an answer: ${rejected.notes.join("; ")}`,
    );
  yield rows;
}

/** The labels with the most votes. */
function winnersOf(votes: ReadonlyMap<string, number>): string[] {
  const most = Math.max(...votes.values());
  return [...votes].flatMap(([label, count]) => (count === most ? [label] : []));
}

type Counts = Record<
  "unanswered" | "unusable" | "withoutId" | "withoutStatus" | "byMajority" | "tied",
  number
>;

function notesOf(counts: Counts): string[] {
  const { unanswered, unusable, withoutId, withoutStatus, byMajority, tied } = counts;
  const notes = [
    [
      withoutId,
      "records left out: they have answers, but no row_id, and no id under the name of the id column",
    ],
    [unanswered, "records have no answer"],
    [unusable, "answers do not count: skipped, draft, discarded, or several choices at once"],
    [
      withoutStatus,
      "answers have no status in this export, so that drafts and discarded ones count too: to_list(flatten=True) has it",
    ],
    [byMajority, "rows have different answers: the most frequent holds"],
    [tied, "rows have different answers, equally often: they are ambiguous and join no row"],
  ] as const;
  return notes.flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`]));
}
