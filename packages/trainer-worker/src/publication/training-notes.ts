import type { TrainJob } from "@colaml/shared/contracts/train";
import type { TrainingEvidence } from "../training/training-evidence";

const quoted = (text: string) => JSON.stringify(text);
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
const counted = (rows: number) => `${rows} row${rows === 1 ? "" : "s"}`;

/** Labels named one by one; the rest is counted. */
const MOST_NAMED = 10;

/**
 * What a person should know of the data, one line each: labels that were joined, classes that were left out, copies
 * of texts across the split, a metric that hides a small class.
 *
 * @param testRows rows of the test part
 */
export function trainingNotes(
  { data, smallestClass, word }: TrainingEvidence,
  { champion, boosting }: Pick<TrainJob, "champion" | "boosting">,
  testRows: number,
): string[] {
  const notes: string[] = [];
  if (data.joinedLabels.length > 0) {
    const named = data.joinedLabels.map(
      ({ label, into, rows }) => `${quoted(label)} (${counted(rows)}) to ${quoted(into)}`,
    );
    notes.push(
      `labels joined, for they differ in case, space or a final .0 only: ${listed(named)} (--similar-labels keep keeps them apart)`,
    );
  }
  if (data.smallClasses.length > 0) {
    const named = data.smallClasses.map(({ label, rows }) => `${quoted(label)} (${counted(rows)})`);
    notes.push(
      `classes left out, for they have too few rows: ${listed(named)} (--min-class-rows 1 keeps them)`,
    );
  }
  if (data.duplicateTestRows > 0) notes.push(duplicatesNote(data, testRows));
  if (word)
    notes.push(`the word ${quoted(word.term)} gives an accuracy of ${word.accuracy.toFixed(4)} by itself`);
  if (smallestClass && champion.metric === "accuracy_score") {
    const { label, rows, recall } = smallestClass;
    const weigh =
      boosting.class_weights === "none"
        ? ", --class-weights balanced lets rows of small classes weigh more in training"
        : "";
    notes.push(
      `the classes are skewed: the smallest, ${quoted(label)}, has ${percent(rows / testRows)} of the test rows and a recall of ${recall.toFixed(4)}, which accuracy hides; --champion-metric macro_f1 counts every class the same${weigh}`,
    );
  }
  return notes;
}

function duplicatesNote({ duplicateTestRows: rows, accuracy }: TrainingEvidence["data"], testRows: number) {
  const { duplicates, others } = accuracy ?? {};
  const measured =
    duplicates === undefined
      ? ""
      : ` (accuracy ${duplicates.toFixed(4)} on them${others === undefined ? "" : `, ${others.toFixed(4)} on the others`})`;
  return `${rows} of ${testRows} test rows (${percent(rows / testRows)}) have a text that the training rows hold too${measured}: the metrics are too good by them, the champion check leaves them out`;
}

function listed(named: readonly string[]): string {
  const more = named.length - MOST_NAMED;
  return `${named.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
