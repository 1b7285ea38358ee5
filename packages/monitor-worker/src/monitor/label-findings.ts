import type { ForeignLabels, LabelMatch, LeftOutIds } from "@colaml/shared/contracts/monitor";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { namedClasses } from "@colaml/shared/learning/model/named-classes";
import { damageHint, quotedIds } from "../labels/damaged-ids";
import type { Collected } from "./collect-rows";

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/**
 * Refuses a join that left out too much to judge a model by.
 *
 * @param labelsFile the file of labels that the job names, if it names one: then some label must be of some row
 * @throws ColaError LABELS_INVALID
 */
export function checkJoin(match: LabelMatch | undefined, maxAmbiguous: number, labelsFile?: string): void {
  if (!match?.ambiguous) return;
  const { ambiguous, matched, unknown } = match;
  if (ambiguous.rows > 0 && ambiguous.share > maxAmbiguous) {
    const allowed = `more than --max-ambiguous-ids ${maxAmbiguous} allows`;
    throw new ColaError(
      "LABELS_INVALID",
      `${leftOutLine(ambiguous)}: ${percent(ambiguous.share)} of the rows whose id has a label, ${allowed}; ${mendOf(ambiguous.first)}`,
    );
  }
  if (labelsFile === undefined || matched + ambiguous.rows > 0) return;
  throw new ColaError(
    "LABELS_INVALID",
    `no row has an id of ${labelsFile}, whose ids are such as ${quotedIds(unknown.first)}; ${mendOf(unknown.first)}`,
  );
}

const mendOf = (ids: readonly string[]): string =>
  damageHint(ids) ??
  "give each row an id of its own, or check a file that holds texts and labels (`cola monitor FILE`), which needs no ids";

function leftOutLine({ rows, ids, first, differentLabels, differentRows }: LeftOutIds): string {
  const why = [
    ...(differentLabels > 0 ? [`${differentLabels} have an id that came with different labels`] : []),
    ...(differentRows > 0 ? [`${differentRows} share their id with another row`] : []),
  ];
  return `${rows} rows are left out of the join, their id is ambiguous: ${why.join(", ")} (${ids} ids, such as ${quotedIds(first)})`;
}

/** What the labels of a check did not fit, in one line each. */
export function labelWarnings(
  { foreignLabels, quality }: Pick<Collected, "foreignLabels" | "quality">,
  classes: readonly string[],
  match: LabelMatch | undefined,
): string[] {
  const warnings: string[] = [];
  if (foreignLabels.rows > 0) warnings.push(foreignLine(foreignLabels, quality.n, classes));
  if (match?.ambiguous && match.ambiguous.rows > 0) {
    const hint = damageHint(match.ambiguous.first);
    warnings.push(`${leftOutLine(match.ambiguous)}${hint === undefined ? "" : `; ${hint}`}`);
  }
  if (match && match.unknown.count > 0) {
    const { count, first } = match.unknown;
    const hint = damageHint(first);
    const line = `${count} labels have an id that no prediction has, such as ${quotedIds(first)}`;
    warnings.push(hint === undefined ? line : `${line}; ${hint}`);
  }
  return warnings;
}

function foreignLine(foreign: ForeignLabels, n: number, classes: readonly string[]): string {
  return `${foreign.rows} of ${n} labelled rows have a label that is not a class of the model and count as wrong: ${labelNames(foreign)}; its classes: ${namedClasses(classes)}`;
}

/** Why a check fails whose labels are all foreign; undefined if some are not. */
export function allForeignLine({
  foreignLabels,
  quality,
}: Pick<Collected, "foreignLabels" | "quality">): string | undefined {
  if (quality.n === 0 || foreignLabels.rows < quality.n) return undefined;
  return `no label is a class of the model, spelling may be why: ${labelNames(foreignLabels)}`;
}

const labelNames = ({ first }: ForeignLabels): string =>
  first
    .map(
      ({ label, nearest }) =>
        `${JSON.stringify(label)}${nearest === undefined ? "" : ` (perhaps ${JSON.stringify(nearest)})`}`,
    )
    .join(", ");
